//! Solution: To show what is locked.
//!
//! hint: `Debug` is called by whoever formats, perhaps under this very lock.
//! hint: Let `show` acquire, and format what the guard leads to.
//! hint: `format!("events {:?}", *held.lock(&device.events))` is enough.
//! fails: any a lock is acquired through a token, and this call has none
//! learnt: An implementation of a trait that has no token acquires nothing. What it shows is handed to it.
//!
//! why: In the real bug an interrupt took the same lock, so printing a device could freeze a machine. A `Debug`
//!     that locks runs under whatever its caller holds, and no signature says so.

use std::fmt;

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Drivers = 50 {
        /// Events of an input device.
        class Events = 2;
    }
}

struct Device {
    events: SpinLock<Events, Vec<u32>>,
}

struct Shown<'a>(&'a [u32]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "events {:?}", self.0)
    }
}

fn show(mut held: Root<'_, Task>, device: &Device) -> String {
    format!("{:?}", Shown(&held.lock(&device.events)))
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let device = Device { events: SpinLock::new(vec![1, 2]) };
    assert_eq!(with_root(|held| show(held, &device)), "events [1, 2]");
}
