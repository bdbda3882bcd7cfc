//! Solution: A temporary lives longer than it looks.
//!
//! hint: How long does the first guard live? The borrow checker's message says where it is dropped.
//! hint: End the statement: `let place = …;`. Or hold one guard for both steps.
//! hint: `let place = held.lock(&TABLE).iter().position(…)?;` and then lock again. What may happen in between?
//!     One guard for both is even better.
//! fails: E0499 cannot borrow `held` as mutable more than once at a time
//! learnt: A guard that is a temporary lives to the end of its statement. The token is borrowed as long, so the
//!     second acquisition is refused.
//!
//! why: The solution releases in between, so another thread may change the table, and `place` may be another
//!     file's then. One guard, `let mut table = held.lock(&TABLE)`, has no such gap and is what a real table
//!     does.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// Open files by number.
        class Table = 0;
    }
}

static TABLE: SpinLock<Table, Vec<u32>> = SpinLock::new(Vec::new());

fn remove(mut held: Root<'_, Task>, number: u32) -> Option<u32> {
    let place = held.lock(&TABLE).iter().position(|&there| there == number)?;
    Some(held.lock(&TABLE).remove(place))
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|mut held| held.lock(&TABLE).extend([3, 4, 5]));
    assert_eq!(with_root(|held| remove(held, 4)), Some(4));
    assert_eq!(with_root(|held| remove(held, 4)), None);
    assert_eq!(with_root(|mut held| held.lock(&TABLE).len()), 2);
}
