//! A path whose order is checked at run time still has its context in the type. Source: the hierarchy's rule.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `HardIrq` context
//! fix: use a core that exists in handlers

use lockorder::host::Parking;
use lockorder::{HardIrq, Lock, Root, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Device = 50 {
        class Driver = 6;
    }
}

/// Guards a driver's state.
type DriverLock<L, T> = Lock<L, Parking, T>;

static EVENTS: DriverLock<Driver, u64> = DriverLock::new(0);

/// Any driver's interrupt.
fn interrupted(mut held: Root<'_, HardIrq>) {
    let mut path = held.erase();
    let events = path.lock(&EVENTS);
    if let Ok(mut events) = events {
        *events += 1;
    }
}

fn install(_vector: u8, _handler: fn(Root<'_, HardIrq>)) {}

fn main() {
    install(42, interrupted);
}
