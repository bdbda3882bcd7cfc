//! Data that only its CPU touches is changed while a handler of that CPU may come in. Source: Linux, `this_cpu` operations outside of `local_irq_save`.
//!
//! accepted: interrupts are off, and that is shown

use lockorder::host::Host;
use lockorder::{CpuLocal, Exclusive, MAXIMUM_CPUS, OwnLine, with_root};

static READY: CpuLocal<Exclusive<Vec<u64>>, Host> =
    CpuLocal::new([const { OwnLine::new(Exclusive::new(Vec::new())) }; MAXIMUM_CPUS]);

fn main() {
    with_root(|mut held| {
        let guard = held.irqs_off::<Host>();
        READY.with_mut(guard.evidence(), |ready| ready.push(1)).expect("nobody else is in");
    });
}
