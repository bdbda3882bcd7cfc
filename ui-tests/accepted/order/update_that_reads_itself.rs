//! The change of a sequence lock asks for the same lock again. Source: Linux, `write_seqlock` is not recursive.
//!
//! accepted: the copy is used

use lockorder::{SpinSeqLock, hierarchy, with_root};

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

fn main() {
    with_root(|mut held| {
        held.update(&CLOCK, |time, _held| {
            *time += 1;
        });
    });
}
