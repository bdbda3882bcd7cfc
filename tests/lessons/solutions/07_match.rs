//! Solution: Locked through a match.
//!
//! hint: Where is the guard dropped that `held.lock(&READY)` gives? Not at the `{`.
//! hint: Give the popped value a name before the `match`.
//! hint: `let next = held.lock(&READY).pop();`
//! fails: E0499 cannot borrow `held` as mutable more than once at a time
//! learnt: What `match`, `if let` and `while let` look at keeps its temporaries to the end of the block.
//!
//! why: With a raw mutex this compiles and hangs, on the path that is taken when the queue is empty: the rare
//!     one. The borrow of the token makes the lifetime of a temporary visible.

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
    let next = held.lock(&READY).pop();
    match next {
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
