//! Measurements, in time-stamp counts: what threads, locks and interrupts cost.
//!
//! Each figure is the median of several samples of many operations. Under software emulation a count is a
//! nanosecond or so of the host's, and says little by itself: the figures stand beside a plain
//! compare-and-swap's, in the same run, and are read as ratios. Where the host has the emulator count instructions
//! (`--accel counted`), a count is an instruction.

mod memory;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use futex::{FutexTable, Key};
use lockorder::{IrqSpinLock, Root, SpinLock, Task};

use crate::classes::{BlockQueue, PageCache, Pipe};
use base::cpu::CpuIndex;
use base::interrupt::Vector;
use base::mm::kernel_space::MAPPINGS;
use base::mm::shoot_down::shoot_down;
use base::sched::inbox::WAKE_VECTOR;
use base::sched::thread::CpuSet;
use base::sched::timer::TIMER_VECTOR;
use base::sched::waiting::{self, Source};
use base::sched::{self, Mutex, Placement, WaitQueue};
use base::{cpu, interrupt, record, time};

/// Samples of each figure.
const SAMPLES: usize = 9;
/// Operations of a sample that involves no other thread.
const SHORT: u64 = 20_000;
/// Operations of a sample that does.
const LONG: u64 = 500;

/// The median of samples of `operations` each, in counts for one.
fn median(operations: u64, mut sample: impl FnMut()) -> u64 {
    let mut samples: Vec<u64> = (0..SAMPLES)
        .map(|_| {
            let before = time::counter();
            sample();
            (time::counter() - before) / operations
        })
        .collect();
    samples.sort_unstable();
    samples[SAMPLES / 2]
}

/// Prints one figure, and its ratio to the plain compare-and-swap's; the host gets it too.
fn report(what: &str, counts: u64, plain: u64) {
    base::println!(
        "bench: {what:<44} {counts:>9} counts, {:>6} times a compare-and-swap",
        counts / plain.max(1)
    );
    record::figure(what, counts);
}

/// Has this CPU interrupt itself, and waits until it has.
fn interrupt_self(vector: Vector) {
    let own = cpu::current();
    let before = interrupt::taken_on(own);
    interrupt::send(own, vector);
    while interrupt::taken_on(own) == before {
        core::hint::spin_loop();
    }
}

/// What the players wait at.
#[derive(Clone, Copy)]
enum At {
    /// A wait queue each.
    Queue,
    /// A source each.
    Source,
    /// A word each.
    Word,
}

/// A ball between two threads.
struct Table {
    stroke: AtomicU64,
    queues: [WaitQueue; 2],
    sources: [Source; 2],
    words: FutexTable,
}

impl Table {
    /// The word of a side.
    const fn word(side: usize) -> Key {
        Key::Private { space: 0, address: 4 * side as u64 }
    }

    /// Waits for a turn.
    fn wait(&self, held: &mut Root<'_, Task>, at: At, side: usize, turn: u64) {
        let is_turn = || self.stroke.load(Ordering::Acquire) == turn;
        match at {
            At::Queue => self.queues[side].wait_until(held, |_| is_turn()),
            At::Source => {
                let found = waiting::wait(held, &[&self.sources[side]], None, |_| is_turn().then_some(()));
                found.expect("there is no deadline");
            }
            At::Word => {
                let check = || if is_turn() { Err(()) } else { Ok(()) };
                while !is_turn() {
                    // What has ended the wait is looked at above.
                    let _ = self.words.wait(held, Self::word(side), 1, None, |_| check(), |_| false);
                }
            }
        }
    }

    /// Gives the other side its turn.
    fn give(&self, held: &mut Root<'_, Task>, at: At, side: usize, turn: u64) {
        self.stroke.store(turn, Ordering::Release);
        match at {
            At::Queue => _ = self.queues[side].wake_one(),
            At::Source => self.sources[side].wake(),
            At::Word => _ = self.words.wake(held, Self::word(side), 1, 1),
        }
    }
}

/// A ball between two threads that run where they are told: one wake-up and one switch a stroke.
fn strokes(held: &mut Root<'_, Task>, at: At, places: [CpuIndex; 2]) {
    static TABLE: Table = Table {
        stroke: AtomicU64::new(0),
        queues: [const { WaitQueue::new() }; 2],
        sources: [const { Source::new() }; 2],
        words: FutexTable::new(),
    };
    TABLE.stroke.store(0, Ordering::Release);
    let players: Vec<_> = [0_usize, 1]
        .into_iter()
        .zip(places)
        .map(|(side, place)| {
            let placement = Placement { allowed: CpuSet::only(place), ..Placement::default() };
            sched::spawn("player", placement, move |mut held| {
                for round in 0..LONG {
                    let turn = 2 * round + side as u64;
                    TABLE.wait(&mut held, at, side, turn);
                    TABLE.give(&mut held, at, 1 - side, turn + 1);
                }
            })
        })
        .collect();
    for player in players {
        player.join(held);
    }
}

/// Every CPU takes one lock, over and over.
fn contend(held: &mut Root<'_, Task>) {
    static LOCK: SpinLock<PageCache, u64> = SpinLock::new(0);
    sched::on_every_cpu(held, "contender", |held, _| {
        let mut held = held;
        for _ in 0..LONG {
            held.with(&LOCK, |count, _| *count += 1);
        }
    });
}

/// Measures, and prints.
pub(super) fn run(held: Root<'_, Task>) -> u8 {
    static PLAIN: AtomicU64 = AtomicU64::new(0);
    static SPIN: SpinLock<PageCache, u64> = SpinLock::new(0);
    static INTERRUPT_SAFE: IrqSpinLock<BlockQueue, u64> = IrqSpinLock::new(0);
    static MUTEX: Mutex<Pipe, u64> = Mutex::new(0);
    static UNAWAITED: Source = Source::new();

    let mut held = held;
    let plain = median(SHORT, || {
        for value in 0..SHORT {
            // What it finds does not matter.
            let _ = PLAIN.compare_exchange(value, value + 1, Ordering::AcqRel, Ordering::Relaxed);
        }
    });
    report("compare-and-swap", plain, plain);
    let spin = median(SHORT, || (0..SHORT).for_each(|_| held.with(&SPIN, |count, _| *count += 1)));
    report("spin lock, acquired and released", spin, plain);
    let interrupt_safe =
        median(SHORT, || (0..SHORT).for_each(|_| held.with(&INTERRUPT_SAFE, |count, _| *count += 1)));
    report("interrupt-safe spin lock", interrupt_safe, plain);
    let mutex = median(SHORT, || (0..SHORT).for_each(|_| held.with(&MUTEX, |count, _| *count += 1)));
    report("mutex, nobody waiting", mutex, plain);
    let yielding = median(LONG, || (0..LONG).for_each(|_| sched::yield_now(&mut held)));
    report("yield with nobody else ready", yielding, plain);
    let same = median(2 * LONG, || strokes(&mut held, At::Queue, [CpuIndex::FIRST; 2]));
    report("wake-up and switch on one CPU", same, plain);
    let unawaited = median(SHORT, || (0..SHORT).for_each(|_| UNAWAITED.wake()));
    report("source woken, nobody waiting", unawaited, plain);
    let source = median(2 * LONG, || strokes(&mut held, At::Source, [CpuIndex::FIRST; 2]));
    report("wake-up at a source and switch on one CPU", source, plain);
    let word = median(2 * LONG, || strokes(&mut held, At::Word, [CpuIndex::FIRST; 2]));
    report("wake-up at a word and switch on one CPU", word, plain);
    let pinned = Placement { allowed: CpuSet::only(CpuIndex::FIRST), ..Placement::default() };
    let spawned = sched::spawn("parent", pinned, move |mut held| {
        median(LONG, || (0..LONG).for_each(|_| sched::spawn("child", pinned, |_| ()).join(&mut held)))
    })
    .join(&mut held);
    report("thread spawned, run, ended and joined", spawned, plain);
    let (interrupted, ticked) = sched::spawn("interrupted", pinned, |_| {
        [WAKE_VECTOR, TIMER_VECTOR]
            .map(|vector| median(LONG, || (0..LONG).for_each(|_| interrupt_self(vector))))
            .into()
    })
    .join(&mut held);
    report("interrupt sent to oneself, taken and left", interrupted, plain);
    report("timer interrupt, taken and left", ticked, plain);
    memory::run(plain);
    if cpu::online() > 1 {
        let shot = median(LONG, || (0..LONG).for_each(|_| shoot_down(&mut held, MAPPINGS, 1)));
        report("interrupt to every other CPU, and answers", shot, plain);
        let other = median(2 * LONG, || strokes(&mut held, At::Queue, [CpuIndex::FIRST, cpu::last()]));
        report("wake-up of a thread on another CPU", other, plain);
        let contended = median(LONG * cpu::online() as u64, || contend(&mut held));
        report("spin lock wanted by every CPU", contended, plain);
    }
    0
}
