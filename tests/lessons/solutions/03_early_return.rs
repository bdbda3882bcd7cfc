//! Solution: Leave early.
//!
//! hint: Keep the guard in a variable. It releases when the variable goes out of scope, on every way out.
//! hint: Nothing needs `forget`, and nothing needs to be released by hand.
//! hint: `let mut ready = held.lock(&READY);` and then work with `*ready`.
//! fails: ill an early return has left the lock held
//! learnt: A guard releases where it drops, whatever way the function is left: return, `?`, or panic.
//!
//! why: The guard is borrowed from the token, and the token from the root. So it cannot even leave the function
//!     by accident. `mem::forget` is one of the few ways around that no type closes; the closure form
//!     `held.with(…)` has no guard to forget.

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
    let mut ready = held.lock(&READY);
    if *ready == 0 {
        return None;
    }
    *ready -= 1;
    Some(*ready)
}

// ---- Nothing below this line needs to change. ----

fn main() {
    assert_eq!(with_root(take), None);
    assert!(!READY.is_held(), "an early return has left the lock held");
    with_root(|mut held| *held.lock(&READY) = 5);
    assert_eq!(with_root(take), Some(4));
    assert_eq!(with_root(|mut held| *held.lock(&READY)), 4);
}
