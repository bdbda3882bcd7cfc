//! Noticing a CPU that hangs.
//!
//! Every CPU ticks; at each of its ticks it looks at the next CPU's. One whose count stands still for
//! [`PATIENCE`] has had interrupts off all that time, or is gone: the CPU that notices gives up for all, which
//! shows where every CPU was. There is no lock: each CPU writes its own row, and only its neighbour reads it.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::arch::{cpu, cpus, timer};
use crate::{panic, sched};

/// How long a CPU may take no tick, in nanoseconds: far longer than software emulation on a busy machine lets a
/// virtual CPU wait.
pub const PATIENCE: u64 = 20_000_000_000;

/// No count: the first look always sees a change.
const NEVER_LOOKED: usize = usize::MAX;

/// What a CPU saw of its neighbour: the count of its ticks, and since when.
struct Row {
    ticks: AtomicUsize,
    since: AtomicU64,
}

static ROWS: [Row; cpu::MAXIMUM] =
    [const { Row { ticks: AtomicUsize::new(NEVER_LOOKED), since: AtomicU64::new(0) } }; cpu::MAXIMUM];

/// Looks at the neighbour. At each tick of this CPU.
pub fn look() {
    let own = cpu::current().index();
    let neighbour = (own + 1) % cpus::online();
    if neighbour == own {
        return;
    }
    let (ticks, now) = (sched::core::ticks_on(neighbour), timer::nanoseconds());
    let row = &ROWS[own];
    if row.ticks.swap(ticks, Ordering::Relaxed) != ticks {
        row.since.store(now, Ordering::Relaxed);
    } else if now.saturating_sub(row.since.load(Ordering::Relaxed)) > PATIENCE {
        panic::give_up(format_args!("CPU {neighbour} has taken no tick for {} s", PATIENCE / 1_000_000_000));
    }
}
