//! A reader of a sequence lock copies a pointer whose target the writer may be freeing. Source: Linux, Documentation/locking/seqlock.rst: not for data with pointers.
//!
//! error[E0277]: `&'static str` cannot be copied word by word while it is written
//! fix: copy what is plain data

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

static CLOCK: SpinSeqLock<Clock, &str> = SpinSeqLock::new("tsc");

fn main() {
    with_root(|mut held| {
        println!("{:?}", held.snapshot(&CLOCK));
    });
}
