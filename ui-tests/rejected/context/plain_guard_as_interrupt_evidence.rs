//! A plain spin lock is held, and data shared with a handler touched as if interrupts were off. Source: hermit #896.
//!
//! error[E0277]: holding a `Spinning` lock does not turn interrupts off
//! fix: take the evidence from an interrupt-safe lock

use lockorder::{IrqsOff, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static COUNT: SpinLock<Queue, u64> = SpinLock::new(0);

fn pending_interrupts(_: IrqsOff<'_>) -> usize {
    0
}

fn main() {
    with_root(|mut held| {
        let count = held.lock(&COUNT);
        println!("{}", pending_interrupts(count.irqs_off()));
    });
}
