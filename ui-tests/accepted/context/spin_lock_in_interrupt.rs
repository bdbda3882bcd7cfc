//! An interrupt handler spins on a lock that the code it interrupted may hold. Source: lockdep: irq-safe to irq-unsafe.
//!
//! accepted: make the lock interrupt-safe

use lockorder::{HardIrq, IrqSpinLock, Root, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static REQUESTS: IrqSpinLock<Queue, u64> = IrqSpinLock::new(0);

fn handler(mut held: Root<'_, HardIrq>) {
    *held.lock(&REQUESTS) -= 1;
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
}
