//! Data that only its CPU touches is changed while a handler of that CPU may come in. Source: Linux, `this_cpu` operations outside of `local_irq_save`.
//!
//! error[E0308]: mismatched types
//! fix: turn interrupts off, and show it

use lockorder::host::Host;
use lockorder::{CpuLocal, Exclusive, MAXIMUM_CPUS, OwnLine, with_root};

static READY: CpuLocal<Exclusive<Vec<u64>>, Host> =
    CpuLocal::new([const { OwnLine::new(Exclusive::new(Vec::new())) }; MAXIMUM_CPUS]);

fn main() {
    with_root(|mut held| {
        let guard = held.no_preempt::<Host>();
        READY.with_mut(guard.evidence(), |ready| ready.push(1)).expect("nobody else is in");
    });
}
