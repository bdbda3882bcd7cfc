//! Interrupts come back on, and the evidence that they are off is still used. Source: asterinas #1120.
//!
//! error[E0505]: cannot move out of `guard` because it is borrowed
//! fix: use the evidence while the guard lives

use lockorder::host::Host;
use lockorder::{IrqsOff, with_root};

fn pending_interrupts(_: IrqsOff<'_>) -> usize {
    0
}

fn main() {
    with_root(|mut held| {
        let guard = held.irqs_off::<Host>();
        let evidence = guard.evidence();
        drop(guard);
        println!("{}", pending_interrupts(evidence));
    });
}
