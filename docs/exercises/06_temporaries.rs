//! A temporary lives longer than it looks.
//!
//! `remove` finds an entry and then locks again to remove it. The first guard is a temporary, and
//! temporaries live to the end of the whole statement.
//!
//! After bug 50 of docs/lock-bugs.md: kerla 315dd57, a chain of temporaries keeps the table locked.

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
    held.lock(&TABLE).iter().position(|&there| there == number).map(|place| held.lock(&TABLE).remove(place))
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|mut held| held.lock(&TABLE).extend([3, 4, 5]));
    assert_eq!(with_root(|held| remove(held, 4)), Some(4));
    assert_eq!(with_root(|held| remove(held, 4)), None);
    assert_eq!(with_root(|mut held| held.lock(&TABLE).len()), 2);
}
