//! A handler passes its token to a function written for threads. Source: redox irq tokens.
//!
//! accepted: weaken what the function asks for

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

static QUEUE: IrqSpinLock<Queue, u64> = IrqSpinLock::new(0);

fn complete(mut held: Root<'_, HardIrq>) {
    *held.lock(&QUEUE) += 1;
}

fn handler(held: Root<'_, HardIrq>) {
    complete(held);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
}
