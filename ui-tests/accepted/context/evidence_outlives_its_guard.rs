//! Interrupts come back on, and the evidence that they are off is still used. Source: asterinas #1120.
//!
//! accepted: use the evidence while the guard lives

use lockorder::host::Host;
use lockorder::{IrqsOff, with_root};

fn pending_interrupts(_: IrqsOff<'_>) -> usize {
    0
}

fn main() {
    with_root(|mut held| {
        let guard = held.irqs_off::<Host>();
        let evidence = guard.evidence();
        println!("{}", pending_interrupts(evidence));
        drop(guard);
    });
}
