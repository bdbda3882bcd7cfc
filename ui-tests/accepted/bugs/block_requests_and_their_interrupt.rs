//! Submitted requests are locked with interrupts on, and completion locks them again. Source: asterinas c875201c3.
//!
//! accepted: an interrupt-safe lock

use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// Requests.
        class Requests = 2;
    }
}

static REQUESTS: IrqSpinLock<Requests, u64> = IrqSpinLock::new(0);

fn submit(mut held: Root<'_, Task>) {
    *held.lock(&REQUESTS) += 1;
}

fn complete(mut held: Root<'_, HardIrq>) {
    *held.lock(&REQUESTS) -= 1;
}

fn main() {
    with_root(submit);
    let _: fn(Root<'_, HardIrq>) = complete;
}
