//! Data that makes itself when it is needed is needed under a lock that its making may want. Source: Linux, `static_branch_enable` under a spin lock.
//!
//! error[E0277]: lock order violation: cannot acquire `Clock` while holding `Devices`
//! fix: force it before

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
        let mut devices = held.lock(&DEVICES);
        let (ticks, mut held) = devices.split();
        *ticks *= held.force(&FREQUENCY);
    });
}
