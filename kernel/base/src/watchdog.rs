//! Noticing a CPU that hangs, and a thread that waits too long.
//!
//! Every CPU has a beat, from its timer's interrupt; at each of its beats it looks at the next CPU's. One whose count stands
//! still for as many beats as the limit has, has had interrupts off all that time, or is gone: the CPU that notices gives up for all, which shows where
//! every CPU was. The clock on the wall proves nothing: a host that stops the machine stops all of its CPUs. So the CPU
//! that looks counts its own beats, and begins again after a gap in them. There is no lock: each CPU writes its own row.
//!
//! A thread of its own looks at the waits of all threads, once a second. A wait that may last for ever says so
//! (`WaitQueue::wait_for_work`); any other one that as many looks have found as the limit has seconds is shown, once, and
//! where what it waits for has an owner, what that one waits for, and so on. That is a warning: the thread that would end
//! the wait may only be slow. Where the owners wait for each other in a circle nobody will, and the kernel gives up.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use crate::sched::registry;
use crate::sched::thread::{Thread, Wait};
use crate::sched::timer::{BEAT_NANOS, beats_on, on_beat};
use crate::time::Instant;
use crate::{nonmaskable, panic, println, sched};
use machine::cpu::CpuIndex;
use machine::{cpu, cpus};

/// How long a CPU may have no beat and a thread may wait, in nanoseconds, unless the host asks for something else:
/// far longer than software emulation on a busy machine lets a virtual CPU wait.
const USUAL_LIMIT: u64 = 60_000_000_000;

/// How often waits are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

static LIMIT: AtomicU64 = AtomicU64::new(USUAL_LIMIT);

/// How many threads of a chain of waiters are shown.
const LONGEST_CHAIN: usize = 16;

/// No count: the first look always sees a change.
const NEVER_LOOKED: usize = usize::MAX;

/// The time between two beats, in nanoseconds.
const PERIOD: u64 = BEAT_NANOS;
/// A CPU that has not looked for so long stood still itself.
const GAP: u64 = 4 * PERIOD;

/// What a CPU saw of its neighbour.
struct Row {
    /// The count of its beats.
    beats: AtomicUsize,
    /// How many beats of its own the CPU has counted since that changed.
    missed: AtomicU64,
    /// When the CPU looked last.
    looked: AtomicU64,
}

static ROWS: [Row; cpu::MAXIMUM] = [const {
    Row { beats: AtomicUsize::new(NEVER_LOOKED), missed: AtomicU64::new(0), looked: AtomicU64::new(0) }
}; cpu::MAXIMUM];

/// How many waits were too long.
static WARNINGS: AtomicU64 = AtomicU64::new(0);

/// Sets how long a CPU may have no beat, and a thread may wait.
pub fn set_limit(limit: Duration) {
    LIMIT.store(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// How many beats a CPU has counted since its neighbour's last one, `elapsed` nanoseconds after it looked last.
///
/// A beat counts where the neighbour could have had one as well. Those that have piled up while the CPU stood still come all
/// at once; and after a gap nothing is known of what the neighbour could have done meanwhile.
const fn missed(before: u64, elapsed: u64) -> u64 {
    if elapsed < PERIOD / 2 {
        before
    } else if elapsed > GAP {
        0
    } else {
        before + 1
    }
}

/// Looks at the neighbour. At each beat of this CPU.
fn look() {
    let own = cpu::current().index();
    let neighbour = CpuIndex::new((own.get() + 1) % cpus::online()).unwrap_or(CpuIndex::FIRST);
    if neighbour == own {
        return;
    }
    let (beats, now) = (beats_on(neighbour), Instant::now());
    let row = &ROWS[own.get()];
    let looked = Instant::from_nanos(row.looked.load(Ordering::Relaxed));
    let elapsed = u64::try_from(now.since(looked).as_nanos()).unwrap_or(u64::MAX);
    if row.beats.swap(beats, Ordering::Relaxed) != beats {
        row.missed.store(0, Ordering::Relaxed);
        row.looked.store(now.as_nanos(), Ordering::Relaxed);
        return;
    }
    let missed = missed(row.missed.load(Ordering::Relaxed), elapsed);
    row.missed.store(missed, Ordering::Relaxed);
    if elapsed >= PERIOD / 2 {
        row.looked.store(now.as_nanos(), Ordering::Relaxed);
    }
    let limit = LIMIT.load(Ordering::Relaxed);
    // The CPUs' beats are not in step: now and then a neighbour's next one comes just after the look.
    if missed > (limit / PERIOD).max(2) {
        panic::give_up(format_args!(
            "CPU {neighbour} has taken no interrupt for {} s",
            limit / 1_000_000_000
        ));
    }
}

/// Looks at CPUs at each beat, and at the waits of all threads from a thread of its own. Once, at boot.
///
/// # Panics
///
/// When there is no memory for the thread.
pub fn start() {
    on_beat(|| {
        look();
        nonmaskable::report();
    });
    drop(sched::spawn("watchdog", sched::Placement::default(), watch));
}

/// Looks at the waits of all threads, for ever: what the watchdog's thread runs.
fn watch(held: Root<'_, Task>) {
    let mut held = held;
    loop {
        sched::sleep(&mut held, INTERVAL);
        sched::load::look();
        let limit = LIMIT.load(Ordering::Relaxed) / 1_000_000_000;
        registry::each(|thread| {
            if let Some(wait) = thread.wait()
                && wait.since.is_some()
                && thread.count_look() == limit + 1
            {
                warn(thread, &wait);
            }
        });
    }
}

/// Says that a thread waits for too long, and for whom; gives up where those wait in a circle.
fn warn(thread: &Thread, wait: &Wait) {
    let (file, line) = (wait.place.file(), wait.place.line());
    let seconds = LIMIT.load(Ordering::Relaxed) / 1_000_000_000;
    println!("watchdog: `{}` has waited for too long: {seconds} s at {file}:{line}", thread.name());
    let circle = show_chain(thread);
    WARNINGS.fetch_add(1, Ordering::Release);
    if circle {
        panic::give_up(format_args!(
            "thread `{}` waits in a circle of owners ({file}:{line})",
            thread.name()
        ));
    }
}

/// How many waits were too long so far.
pub fn warnings() -> u64 {
    WARNINGS.load(Ordering::Acquire)
}

/// Shows who waits for whom, from a thread on, as far as it leads; says whether that comes back to the thread.
///
/// Who owns what a thread waits for is known as that thread saw it last. A wait counts only if two looks have found it, so
/// that whoever was woken has had time to look again.
fn show_chain(first: &Thread) -> bool {
    let mut owner = first.wait().and_then(|wait| wait.owner);
    for _ in 0..LONGEST_CHAIN {
        let Some(wanted) = owner else { return false };
        if wanted == first.id() {
            println!("watchdog: which is the thread that it began with: they wait in a circle");
            return true;
        }
        let mut next = None;
        registry::each(|thread| {
            if thread.id() == wanted {
                println!("watchdog: for {}", thread.describe(Instant::now()));
                next = thread.wait().and_then(|wait| wait.owner.filter(|_| thread.looks() > 1));
            }
        });
        owner = next;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{GAP, PERIOD, missed};

    #[test]
    fn beats_count_one_by_one_and_not_after_a_gap() {
        assert_eq!(missed(7, PERIOD), 8);
        assert_eq!(missed(7, 3 * PERIOD), 8);
        // Beats that have piled up.
        assert_eq!(missed(7, PERIOD / 10), 7);
        // The machine stood still.
        assert_eq!(missed(7, GAP + 1), 0);
        assert_eq!(missed(7, 60_000_000_000), 0);
    }
}
