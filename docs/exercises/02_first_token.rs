//! Acquire through a token.
//!
//! A lock has no `lock()` that anybody can call. A token has: `held.lock(&LOCK)`. The thread's token comes
//! from `with_root`.
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

fn make_ready(mut held: Root<'_, Task>) {
    *READY.lock() += 1;
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(make_ready);
    assert_eq!(with_root(|mut held| *held.lock(&READY)), 1);
    assert!(!READY.is_held());
}
