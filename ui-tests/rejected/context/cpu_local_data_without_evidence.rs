//! Data of one CPU is reached by a thread that may be moved to another one meanwhile. Source: Linux, `smp_processor_id()` in preemptible code.
//!
//! error[E0277]: `Held<'_, Nothing, Task>` is no evidence that this thread stays on its CPU
//! fix: turn preemption off, and show it

use std::sync::atomic::{AtomicU64, Ordering};

use lockorder::host::Host;
use lockorder::{CpuLocal, MAXIMUM_CPUS, OwnLine, with_root};

static TICKS: CpuLocal<AtomicU64, Host> =
    CpuLocal::new([const { OwnLine::new(AtomicU64::new(0)) }; MAXIMUM_CPUS]);

fn main() {
    with_root(|mut held| {
        TICKS.with(held.reborrow(), |ticks| ticks.fetch_add(1, Ordering::Relaxed));
    });
}
