//! Copying a sequence lock waits for a writer that is under way, so it has its place in the order. Source: Linux, `seqlock_t` has a lockdep map for readers.
//!
//! error[E0277]: lock order violation: cannot acquire `Clock` while holding `Devices`
//! fix: copy it before

use lockorder::{SpinLock, SpinSeqLock, hierarchy, with_root};

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

static CLOCK: SpinSeqLock<Clock, u64> = SpinSeqLock::new(0);
static DEVICES: SpinLock<Devices, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut devices = held.lock(&DEVICES);
        let (seen, mut held) = devices.split();
        *seen = held.snapshot(&CLOCK);
    });
}
