//! Solution: Acquire through a token.
//!
//! hint: The message's label says which call there is instead.
//! hint: `make_ready` has been given a token. Its name is `held`.
//! hint: `*held.lock(&READY) += 1;`
//! fails: E0277 a lock is acquired through a token, and this call has none
//! learnt: Nothing is acquired without a token. What a token allows is known to the compiler, so what is
//!     acquired is known too.
//!
//! why: `held.lock(&READY)` gives a guard, which is the data for as long as it lives. It lives to the end of
//!     the statement here.

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
    *held.lock(&READY) += 1;
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(make_ready);
    assert_eq!(with_root(|mut held| *held.lock(&READY)), 1);
    assert!(!READY.is_held());
}
