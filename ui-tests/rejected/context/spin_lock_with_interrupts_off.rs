//! A plain spin lock, while interrupts are off. Source: lockdep self-test irqsafe2B.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context
//! fix: acquire it before interrupts go off

use lockorder::host::Host;
use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut guard = held.irqs_off::<Host>();
        let mut held = guard.held();
        *held.lock(&QUEUE) += 1;
    });
}
