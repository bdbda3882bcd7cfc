//! Locked through a match.
//!
//! The value that a `match` looks at lives to the end of the match, its guard too.
//!
//! After bug 49 of docs/lock-bugs.md: hermit 136c0088, a temporary guard lives through `else`.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// Threads that are ready.
        class RunQueue = 0;
    }
}

static READY: SpinLock<RunQueue, Vec<u32>> = SpinLock::new(Vec::new());

/// The next thread; where there is none the idle thread, 0, is put into the queue and chosen.
fn next(mut held: Root<'_, Task>) -> u32 {
    match held.lock(&READY).pop() {
        Some(thread) => thread,
        None => {
            held.lock(&READY).push(0);
            0
        }
    }
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|mut held| held.lock(&READY).push(7));
    assert_eq!(with_root(next), 7);
    assert_eq!(with_root(next), 0);
    assert_eq!(with_root(|mut held| held.lock(&READY).len()), 1);
}
