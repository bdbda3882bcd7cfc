//! A reader of a sequence lock copies a pointer whose target the writer may be freeing. Source: Linux, Documentation/locking/seqlock.rst: not for data with pointers.
//!
//! accepted: it is plain data

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

static CLOCK: SpinSeqLock<Clock, [u8; 3]> = SpinSeqLock::new(*b"tsc");

fn main() {
    with_root(|mut held| {
        println!("{:?}", held.snapshot(&CLOCK));
    });
}
