//! Reading twice.
//!
//! A reader-writer lock is read while it is read. Between the two a writer may begin to wait: the second
//! reader waits for the writer, and the writer for the first reader.
//!
//! After bug 53 of docs/lock-bugs.md: hermit d067df5c, an event counter locked twice.

use lockorder::{Root, SpinRwLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Ipc = 30 {
        /// A counter of events.
        class Counter = 2;
    }
}

static COUNTER: SpinRwLock<Counter, u32> = SpinRwLock::new(20);

fn twice(mut held: Root<'_, Task>) -> u32 {
    held.with_read(&COUNTER, |first, mut held| {
        held.with_read(&COUNTER, |second, _held| first + second)
    })
}

// ---- Nothing below this line needs to change. ----

fn main() {
    assert_eq!(with_root(twice), 40);
}
