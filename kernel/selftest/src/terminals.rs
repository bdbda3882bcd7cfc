//! Terminals without programs: threads of the kernel's play both ends of pseudo-terminals.
//!
//! What a terminal does to bytes is tested on the host. Here it is seen that whoever waits is woken, that signals go out with nothing
//! held, and that a terminal that goes away lets go of everybody.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;

use abi::Errno;
use base::sched::{self, Placement};
use base::time::Instant;
use base::{println, record};
use lockorder::{Root, Task};
use tty::termios::{LocalFlags, Special};
use tty::{Access, Job, Master, Ptys, Readiness, Signal, Signaller, Tty};

use super::FAILED;

/// What is wrong.
type Verdict = Result<(), String>;

/// The job that the terminals are given to.
const JOB: Job = Job { session: 40, group: 41 };
/// A group of the same session in the background.
const BEHIND: Job = Job { session: 40, group: 42 };

/// Nobody sends signals to this thread.
const NEVER: &dyn Fn() -> bool = &|| false;

/// All tests, in the order they run.
static ALL: [(&str, fn(&mut Root<'_, Task>) -> Verdict); 9] = [
    ("a line", a_reader_is_woken_by_a_line),
    ("signals", signals_go_to_the_foreground),
    ("room", a_writer_waits_for_room),
    ("stop", a_writer_waits_while_the_output_is_stopped),
    ("times", a_read_waits_as_long_as_the_settings_say),
    ("interrupted", a_wait_is_interrupted),
    ("hang-up", a_closed_master_lets_go_of_everybody),
    ("closed", a_master_learns_that_nobody_has_the_slave_open),
    ("all at once", all_at_once),
];

/// Runs them all.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    let mut held = held;
    let mut status = 0;
    for (name, test) in ALL {
        match test(&mut held) {
            Ok(()) => record::marker(&format!("terminals: {name}")),
            Err(what) => {
                println!("terminals: {name}: {what}");
                status = FAILED;
            }
        }
    }
    if status == 0 {
        println!("terminals: ok");
    }
    status
}

/// Counts signals.
#[derive(Default)]
struct Signals {
    interrupts: AtomicU64,
    window_changes: AtomicU64,
    hang_ups: AtomicU64,
}

impl Signaller for Signals {
    fn signal_group(&self, _held: &mut Root<'_, Task>, group: u32, signal: Signal) {
        let count = match signal {
            Signal::Interrupt if group == JOB.group => &self.interrupts,
            Signal::WindowChange if group == JOB.group => &self.window_changes,
            _ => return,
        };
        count.fetch_add(1, Ordering::SeqCst);
    }

    fn hang_up(&self, _held: &mut Root<'_, Task>, session: u32, group: u32) {
        if (Job { session, group }) == JOB {
            self.hang_ups.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A pair whose slave is open and in the hands of [`JOB`].
struct Pair {
    master: Arc<Master>,
    slave: Arc<Tty>,
    signals: Arc<Signals>,
}

impl Pair {
    fn open(held: &mut Root<'_, Task>) -> Result<Self, String> {
        let signals = Arc::new(Signals::default());
        let ptys = Arc::new(Ptys::new(Arc::<Signals>::clone(&signals)));
        let master = ptys.open(held).map_err(|error| format!("{error}"))?;
        let slave = ptys.slave(held, master.number()).map_err(|error| format!("{error}"))?;
        check(slave.open() == Err(Errno::EIO), || "opened though locked".into())?;
        slave.set_locked(false);
        slave.open().map_err(|error| format!("{error}"))?;
        check(slave.claim(JOB), || "claimed by another".into())?;
        Ok(Self { master, slave, signals })
    }

    fn types(&self, held: &mut Root<'_, Task>, bytes: &[u8]) -> abi::Result<usize> {
        self.master.write(held, bytes, false, NEVER)
    }

    fn sees(&self, held: &mut Root<'_, Task>) -> Vec<u8> {
        read(held, |held, to| self.master.read(held, to, true, NEVER)).unwrap_or_default()
    }
}

/// Fails with a text if a condition does not hold.
fn check(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(what()) }
}

/// What a read gives.
fn read(
    held: &mut Root<'_, Task>,
    read: impl FnOnce(&mut Root<'_, Task>, &mut [u8]) -> abi::Result<usize>,
) -> abi::Result<Vec<u8>> {
    let mut bytes = vec![0; 5000];
    let count = read(held, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// A thread that reads a terminal once.
fn reader(slave: &Arc<Tty>) -> sched::JoinHandle<abi::Result<Vec<u8>>> {
    let slave = Arc::clone(slave);
    sched::spawn("reader", Placement::default(), move |mut held| {
        read(&mut held, |held, to| slave.read(held, to, false, NEVER))
    })
}

/// Gives others time.
fn pause(held: &mut Root<'_, Task>) {
    sched::sleep(held, Duration::from_millis(20));
}

fn a_reader_is_woken_by_a_line(held: &mut Root<'_, Task>) -> Verdict {
    let pair = Pair::open(held)?;
    let reader = reader(&pair.slave);
    pause(held);
    pair.types(held, b"he").ok();
    pause(held);
    check(!reader.is_finished(), || "half a line was read".into())?;
    pair.types(held, b"llo\r").ok();
    let line = reader.join(held);
    check(line.as_deref() == Ok(b"hello\n"), || format!("read {line:?}"))?;
    let seen = pair.sees(held);
    check(seen == b"hello\r\n", || format!("seen {seen:?}"))?;
    check(pair.slave.readiness() == Readiness::WRITE, || format!("{:?}", pair.slave.readiness()))
}

fn signals_go_to_the_foreground(held: &mut Root<'_, Task>) -> Verdict {
    let pair = Pair::open(held)?;
    pair.types(held, b"a\x03b\x03\n").ok();
    let count = pair.signals.interrupts.load(Ordering::SeqCst);
    check(count == 2, || format!("{count} interrupts"))?;
    let mut window = pair.slave.window(held);
    window.columns = 132;
    pair.slave.set_window(held, window);
    pair.slave.set_window(held, window);
    let count = pair.signals.window_changes.load(Ordering::SeqCst);
    check(count == 1, || format!("{count} changes of the window"))?;
    let of = |access| (pair.slave.background(JOB, access), pair.slave.background(BEHIND, access));
    let (reading, writing) = (of(Access::Read), of(Access::Write));
    check(reading == (None, Some(Signal::BackgroundRead)) && writing == (None, None), || {
        format!("{reading:?} {writing:?}")
    })?;
    let mut settings = pair.slave.settings(held);
    settings.local |= LocalFlags::TOSTOP;
    pair.slave.set_settings(held, settings);
    let writing = pair.slave.background(BEHIND, Access::Write);
    check(writing == Some(Signal::BackgroundWrite), || format!("{writing:?}"))
}

fn a_writer_waits_for_room(held: &mut Root<'_, Task>) -> Verdict {
    const BYTES: usize = 50_000;
    let pair = Pair::open(held)?;
    let slave = Arc::clone(&pair.slave);
    let writer = sched::spawn("writer", Placement::default(), move |mut held| {
        let bytes: Vec<u8> = (0..BYTES).map(|at| b'a' + u8::try_from(at % 26).unwrap_or(0)).collect();
        slave.write(&mut held, bytes.as_slice(), false, NEVER)
    });
    pause(held);
    check(!writer.is_finished(), || "there was room for all".into())?;
    let refused = pair.slave.write(held, b"x".as_slice(), true, NEVER);
    check(refused == Err(Errno::EAGAIN), || format!("{refused:?}"))?;
    let mut seen = Vec::new();
    while seen.len() < BYTES {
        let more = read(held, |held, to| pair.master.read(held, to, false, NEVER));
        seen.extend(more.map_err(|error| format!("{error}"))?);
    }
    let in_order = seen.iter().zip(0_usize..).all(|(byte, at)| usize::from(byte - b'a') == at % 26);
    let written = writer.join(held);
    check(in_order && written == Ok(BYTES), || format!("{written:?}, in order: {in_order}"))
}

fn a_writer_waits_while_the_output_is_stopped(held: &mut Root<'_, Task>) -> Verdict {
    let pair = Pair::open(held)?;
    pair.types(held, b"\x13").ok();
    let slave = Arc::clone(&pair.slave);
    let writer = sched::spawn("writer", Placement::default(), move |mut held| {
        slave.write(&mut held, b"later".as_slice(), false, NEVER)
    });
    pause(held);
    let seen = pair.sees(held);
    check(!writer.is_finished() && seen.is_empty(), || format!("{seen:?} though stopped"))?;
    pair.types(held, b"\x11").ok();
    let written = writer.join(held);
    let seen = pair.sees(held);
    check(written == Ok(5) && seen == b"later", || format!("{written:?} {seen:?}"))
}

fn a_read_waits_as_long_as_the_settings_say(held: &mut Root<'_, Task>) -> Verdict {
    let pair = Pair::open(held)?;
    let mut settings = pair.slave.settings(held);
    settings.local -= LocalFlags::ICANON | LocalFlags::ECHO;
    settings.set(Special::Minimum, 0);
    settings.set(Special::Time, 2);
    pair.slave.set_settings(held, settings.clone());
    let before = Instant::now();
    let nothing = read(held, |held, to| pair.slave.read(held, to, false, NEVER));
    let time = before.elapsed();
    check(nothing.as_deref() == Ok(&[]) && time >= Duration::from_millis(200), || {
        format!("{nothing:?} after {time:?}")
    })?;
    settings.set(Special::Minimum, 3);
    pair.slave.set_settings(held, settings);
    let first = reader(&pair.slave);
    pair.types(held, b"a").ok();
    pause(held);
    pair.types(held, b"bc").ok();
    let three = first.join(held);
    let second = reader(&pair.slave);
    pair.types(held, b"d").ok();
    let one = second.join(held);
    check(three.as_deref() == Ok(b"abc") && one.as_deref() == Ok(b"d"), || format!("{three:?} {one:?}"))
}

fn a_wait_is_interrupted(held: &mut Root<'_, Task>) -> Verdict {
    let pair = Pair::open(held)?;
    let pending = Arc::new(AtomicBool::new(false));
    let (slave, shared) = (Arc::clone(&pair.slave), Arc::clone(&pending));
    let reader = sched::spawn("reader", Placement::default(), move |mut held| {
        read(&mut held, |held, to| slave.read(held, to, false, &|| shared.load(Ordering::SeqCst)))
    });
    pause(held);
    pending.store(true, Ordering::SeqCst);
    reader.thread().wake();
    let interrupted = reader.join(held);
    check(interrupted == Err(Errno::EINTR), || format!("{interrupted:?}"))
}

fn a_closed_master_lets_go_of_everybody(held: &mut Root<'_, Task>) -> Verdict {
    let Pair { master, slave, signals } = Pair::open(held)?;
    let reader = reader(&slave);
    pause(held);
    master.close(held);
    let waited = reader.join(held);
    let after = read(held, |held, to| slave.read(held, to, false, NEVER));
    let written = slave.write(held, b"x".as_slice(), false, NEVER);
    check(waited == Err(Errno::EIO) && after.as_deref() == Ok(&[]) && written == Err(Errno::EIO), || {
        format!("{waited:?} {after:?} {written:?}")
    })?;
    let count = signals.hang_ups.load(Ordering::SeqCst);
    check(count == 1 && slave.session() == 0 && slave.readiness() == Readiness::all(), || {
        format!("{count} hang-ups, {:?}", slave.readiness())
    })
}

fn a_master_learns_that_nobody_has_the_slave_open(held: &mut Root<'_, Task>) -> Verdict {
    let pair = Pair::open(held)?;
    let master = Arc::clone(&pair.master);
    let reader = sched::spawn("master", Placement::default(), move |mut held| {
        let first = read(&mut held, |held, to| master.read(held, to, false, NEVER));
        (first, read(&mut held, |held, to| master.read(held, to, false, NEVER)))
    });
    pause(held);
    pair.slave.write(held, b"last".as_slice(), false, NEVER).ok();
    pause(held);
    pair.slave.close(held);
    let (first, second) = reader.join(held);
    check(first.as_deref() == Ok(b"last") && second == Err(Errno::EIO), || format!("{first:?} {second:?}"))?;
    let readiness = pair.master.readiness();
    check(readiness.contains(Readiness::READ | Readiness::HANG_UP), || format!("{readiness:?}"))?;
    pair.slave.open().map_err(|error| format!("{error}"))?;
    check(!pair.master.readiness().contains(Readiness::HANG_UP), || "closed for ever".into())
}

/// Several threads do everything at once, for a while; then all come home.
fn all_at_once(held: &mut Root<'_, Task>) -> Verdict {
    const TIME: Duration = Duration::from_millis(1500);
    let pair = Arc::new(Pair::open(held)?);
    let stop = Arc::new(AtomicBool::new(false));
    let works: [fn(&mut Root<'_, Task>, &Pair, u64); 6] = [
        |held, pair, round| {
            let typed: &[u8] = if round.is_multiple_of(7) { b"abc\x03" } else { b"some text\x7f\x17\n" };
            pair.master.write(held, typed, true, NEVER).ok();
        },
        |held, pair, _| {
            pair.sees(held);
        },
        |held, pair, _| {
            pair.slave.write(held, b"a line\tof text\n".as_slice(), true, NEVER).ok();
        },
        |held, pair, _| {
            read(held, |held, to| pair.slave.read(held, to, true, NEVER)).ok();
        },
        |held, pair, round| {
            let mut settings = pair.slave.settings(held);
            settings.local.toggle(LocalFlags::ICANON);
            settings.local.set(LocalFlags::ECHO, round.is_multiple_of(3));
            pair.slave.set_settings(held, settings);
        },
        |held, pair, round| {
            pair.slave.write(held, b"many\n".repeat(100).as_slice(), true, NEVER).ok();
            let mut window = pair.slave.window(held);
            window.rows = u16::try_from(round % 100).unwrap_or(0);
            pair.slave.set_window(held, window);
        },
    ];
    let threads: Vec<_> = works
        .into_iter()
        .map(|work| {
            let (pair, stop) = (Arc::clone(&pair), Arc::clone(&stop));
            sched::spawn("terminals", Placement::default(), move |mut held| {
                let mut rounds = 0;
                while !stop.load(Ordering::Relaxed) {
                    work(&mut held, &pair, rounds);
                    rounds += 1;
                    if rounds.is_multiple_of(32) {
                        sched::yield_now(&mut held);
                    }
                }
                rounds
            })
        })
        .collect();
    sched::sleep(held, TIME);
    stop.store(true, Ordering::Relaxed);
    let rounds: Vec<u64> = threads.into_iter().map(|thread| thread.join(held)).collect();
    check(rounds.iter().all(|&rounds| rounds > 10), || format!("rounds: {rounds:?}"))
}
