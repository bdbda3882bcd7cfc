//! An interrupt handler acquires a lock whose waiters sleep. Source: asterinas #1420.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `HardIrq` context
//! fix: share an interrupt-safe lock with the handler

use lockorder::host::Parking;
use lockorder::{HardIrq, Lock, Root, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static REQUESTS: Lock<Queue, Parking, u64> = Lock::new(0);

fn handler(mut held: Root<'_, HardIrq>) {
    *held.lock(&REQUESTS) -= 1;
}

fn main() {
    with_root(|mut held| *held.lock(&REQUESTS) += 1);
    let _: fn(Root<'_, HardIrq>) = handler;
}
