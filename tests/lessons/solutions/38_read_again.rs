//! Solution: Reading twice.
//!
//! hint: Does the inner read see anything that the outer one has not?
//! hint: Once is enough.
//! hint: `held.with_read(&COUNTER, |count, _held| count + count)`
//! fails: E0277 cannot acquire `Counter` while holding `Counter`
//! learnt: Reading has the order of acquiring. Two reads of one class do not nest.
//!
//! why: Locks that let the second reader pass a waiting writer would be recursive, and starve writers. This one
//!     does not, so the nesting is a deadlock with a writer in the middle.

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
    held.with_read(&COUNTER, |count, _held| count + count)
}

// ---- Nothing below this line needs to change. ----

fn main() {
    assert_eq!(with_root(twice), 40);
}
