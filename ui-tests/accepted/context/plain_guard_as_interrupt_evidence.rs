//! A plain spin lock is held, and data shared with a handler touched as if interrupts were off. Source: hermit #896.
//!
//! accepted: take the evidence from an interrupt-safe lock

use lockorder::{IrqSpinLock, IrqsOff, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static COUNT: IrqSpinLock<Queue, u64> = IrqSpinLock::new(0);

fn pending_interrupts(_: IrqsOff<'_>) -> usize {
    0
}

fn main() {
    with_root(|mut held| {
        let count = held.lock(&COUNT);
        println!("{}", pending_interrupts(count.irqs_off()));
    });
}
