//! Leave early.
//!
//! A lock is acquired with one call and released with another one. On the way out in the middle somebody
//! forgets. Here the guard is forgotten on purpose, so that the lock stays held until `release`. Let the
//! guard do its work instead.
//!
//! After bug 23 of docs/lock-bugs.md: redox 81a49d21, an early return leaves a lock set.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// How many threads are ready.
        class RunQueue = 0;
    }
}

static READY: SpinLock<RunQueue, u32> = SpinLock::new(0);

fn take(mut held: Root<'_, Task>) -> Option<u32> {
    let ready = *held.lock(&READY);
    std::mem::forget(held.lock(&READY));
    if ready == 0 {
        return None;
    }
    // ... and where is it released?
    Some(ready - 1)
}

// ---- Nothing below this line needs to change. ----

fn main() {
    assert_eq!(with_root(take), None);
    assert!(!READY.is_held(), "an early return has left the lock held");
    with_root(|mut held| *held.lock(&READY) = 5);
    assert_eq!(with_root(take), Some(4));
    assert_eq!(with_root(|mut held| *held.lock(&READY)), 4);
}
