//! Noticing a CPU that hangs, and a thread that waits too long.
//!
//! Every CPU ticks; at each of its ticks it looks at the next CPU's. One whose count stands still for the limit has
//! had interrupts off all that time, or is gone: the CPU that notices gives up for all, which shows where every CPU
//! was. There is no lock: each CPU writes its own row, and only its neighbour reads it.
//!
//! A thread of its own looks at the waits of all threads, once a second. A wait that may last for ever says so
//! (`WaitQueue::wait_for_work`); any other one that lasts past the limit is for something that will not happen. Where
//! what it waits for has an owner, the report goes on to what that one waits for, and says so when it comes round.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;

use lockorder::{Root, Task};

use crate::sched::registry;
use crate::sched::thread::Thread;
use crate::{panic, println, sched};
use machine::{cpu, cpus, timer};

/// How long a CPU may take no tick and a thread may wait, in nanoseconds, unless the host asks for something else:
/// far longer than software emulation on a busy machine lets a virtual CPU wait.
const USUAL_LIMIT: u64 = 60_000_000_000;

/// How often waits are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

static LIMIT: AtomicU64 = AtomicU64::new(USUAL_LIMIT);

/// How many threads of a chain of waiters are shown.
const LONGEST_CHAIN: usize = 16;

/// No count: the first look always sees a change.
const NEVER_LOOKED: usize = usize::MAX;

/// What a CPU saw of its neighbour: the count of its ticks, and since when.
struct Row {
    ticks: AtomicUsize,
    since: AtomicU64,
}

static ROWS: [Row; cpu::MAXIMUM] =
    [const { Row { ticks: AtomicUsize::new(NEVER_LOOKED), since: AtomicU64::new(0) } }; cpu::MAXIMUM];

/// Sets how long a CPU may take no tick, and a thread may wait.
pub fn set_limit(limit: Duration) {
    LIMIT.store(u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Looks at the neighbour. At each tick of this CPU.
fn look() {
    let own = cpu::current().index();
    let neighbour = (own + 1) % cpus::online();
    if neighbour == own {
        return;
    }
    let (ticks, now) = (sched::core::ticks_on(neighbour), timer::nanoseconds());
    let row = &ROWS[own];
    let limit = LIMIT.load(Ordering::Relaxed);
    if row.ticks.swap(ticks, Ordering::Relaxed) != ticks {
        row.since.store(now, Ordering::Relaxed);
    } else if now.saturating_sub(row.since.load(Ordering::Relaxed)) > limit {
        panic::give_up(format_args!("CPU {neighbour} has taken no tick for {} s", limit / 1_000_000_000));
    }
}

/// Looks at CPUs at each tick, and at the waits of all threads from a thread of its own. Once, at boot.
///
/// # Panics
///
/// When there is no memory for the thread.
pub fn start() {
    sched::core::on_tick(look);
    drop(sched::spawn("watchdog", sched::Placement::default(), watch));
}

/// Looks at the waits of all threads, for ever: what the watchdog's thread runs.
fn watch(held: Root<'_, Task>) {
    let mut held = held;
    loop {
        sched::sleep(&mut held, INTERVAL);
        let (now, limit) = (timer::nanoseconds(), LIMIT.load(Ordering::Relaxed));
        registry::each(|thread| {
            if let Some(wait) = thread.wait()
                && wait.since.is_some_and(|since| now.saturating_sub(since) > limit)
            {
                show_chain(thread);
                panic::give_up(format_args!(
                    "thread `{}` has waited for {} s ({}:{})",
                    thread.name(),
                    limit / 1_000_000_000,
                    wait.place.file(),
                    wait.place.line()
                ));
            }
        });
    }
}

/// Shows who waits for whom, from a thread on, as far as it leads.
fn show_chain(first: &Thread) {
    println!("watchdog: `{}` has waited for too long:", first.name());
    let mut owner = first.wait().and_then(|wait| wait.owner);
    for _ in 0..LONGEST_CHAIN {
        let Some(wanted) = owner else { return };
        if wanted == first.id() {
            println!("watchdog: which is the thread that it began with: they wait in a circle");
            return;
        }
        let mut next = None;
        registry::each(|thread| {
            if thread.id() == wanted {
                println!("watchdog: for {}", thread.describe(timer::nanoseconds()));
                next = thread.wait().and_then(|wait| wait.owner);
            }
        });
        owner = next;
    }
}
