//! A reference to one CPU's data is kept beyond the time in which the thread stays there. Source: Linux, `this_cpu_ptr` used after `preempt_enable`.
//!
//! error: lifetime may not live long enough
//! fix: use it inside

use std::sync::atomic::{AtomicU64, Ordering};

use lockorder::host::Host;
use lockorder::{CpuLocal, MAXIMUM_CPUS, OwnLine, with_root};

static TICKS: CpuLocal<AtomicU64, Host> =
    CpuLocal::new([const { OwnLine::new(AtomicU64::new(0)) }; MAXIMUM_CPUS]);

fn main() {
    with_root(|mut held| {
        let guard = held.no_preempt::<Host>();
        let ticks = TICKS.with(guard.evidence(), |ticks| ticks);
        drop(guard);
        println!("{}", ticks.load(Ordering::Relaxed));
    });
}
