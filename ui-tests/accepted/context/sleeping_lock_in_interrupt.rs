//! An interrupt handler acquires a lock whose waiters sleep. Source: asterinas #1420.
//!
//! accepted: share an interrupt-safe lock with the handler

use lockorder::raw::Ticket;
use lockorder::{HardIrq, IrqSafe, Lock, Root, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static REQUESTS: Lock<Queue, Ticket<IrqSafe>, u64> = Lock::new(0);

fn handler(mut held: Root<'_, HardIrq>) {
    *held.lock(&REQUESTS) -= 1;
}

fn main() {
    with_root(|mut held| *held.lock(&REQUESTS) += 1);
    let _: fn(Root<'_, HardIrq>) = handler;
}
