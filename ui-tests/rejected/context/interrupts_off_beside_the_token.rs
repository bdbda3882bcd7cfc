//! Interrupts go off beside the token, and a lock is acquired that does not exist with interrupts off. Source: a hole of this library, found in review.
//!
//! error[E0133]: call to unsafe function
//! fix: turn them off through the token, which is borrowed meanwhile

use lockorder::host::Host;
use lockorder::{IrqSpinLock, hierarchy, with_irqs_off, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static QUEUE: IrqSpinLock<Queue, u64> = IrqSpinLock::new(0);

fn main() {
    with_root(|mut held| {
        with_irqs_off::<Host, _>(|_| *held.lock(&QUEUE) += 1);
    });
}
