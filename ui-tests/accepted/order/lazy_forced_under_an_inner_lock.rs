//! Data that makes itself when it is needed is needed under a lock that its making may want. Source: Linux, `static_branch_enable` under a spin lock.
//!
//! accepted: it is forced before

use lockorder::{Lazy, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The time.
        class Clock = 0;
        /// The devices found.
        class Devices = 1;
    }
}

static FREQUENCY: Lazy<Clock, u64> = Lazy::new(|_held| 1_000);
static DEVICES: SpinLock<Devices, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let frequency = held.force(&FREQUENCY);
        *held.lock(&DEVICES) *= frequency;
    });
}
