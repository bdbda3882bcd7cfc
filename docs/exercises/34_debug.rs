//! To show what is locked.
//!
//! `Debug` locks the buffer to show it. It has no token. Show a guard instead.
//!
//! After bug 17 of docs/lock-bugs.md: asterinas efeaf5fa6, `Debug` locks what an interrupt locks.

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

impl fmt::Debug for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "events {:?}", self.events.lock())
    }
}

fn show(mut held: Root<'_, Task>, device: &Device) -> String {
    let _ = &mut held;
    format!("{device:?}")
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let device = Device { events: SpinLock::new(vec![1, 2]) };
    assert_eq!(with_root(|held| show(held, &device)), "events [1, 2]");
}
