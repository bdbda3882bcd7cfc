//! Data of one CPU is reached by a thread that may be moved to another one meanwhile. Source: Linux, `smp_processor_id()` in preemptible code.
//!
//! accepted: preemption is off, and that is shown

use std::sync::atomic::{AtomicU64, Ordering};

use lockorder::host::Host;
use lockorder::{CpuLocal, MAXIMUM_CPUS, OwnLine, with_root};

static TICKS: CpuLocal<AtomicU64, Host> =
    CpuLocal::new([const { OwnLine::new(AtomicU64::new(0)) }; MAXIMUM_CPUS]);

fn main() {
    with_root(|mut held| {
        TICKS.with(held.no_preempt::<Host>().evidence(), |ticks| ticks.fetch_add(1, Ordering::Relaxed));
    });
}
