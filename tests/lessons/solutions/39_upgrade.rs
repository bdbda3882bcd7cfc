//! Solution: From reading to writing.
//!
//! hint: There is a third way to acquire, beside `read` and `write`.
//! hint: `held.upgradeable(&SIZE)` reads beside readers, and is alone in being able to upgrade.
//! hint: `let mut size = size.upgrade();`
//! fails: E0277 cannot acquire `Inode` while holding `Inode`
//! learnt: An upgradeable reader excludes other upgradeable ones, and waits for plain readers with nothing held
//!     inside.
//!
//! why: `upgrade` consumes the guard, so nothing that was acquired under it can be held. The readers it waits
//!     for end without it.

use lockorder::{Root, SpinRwLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// The size of a file.
        class Inode = 3;
    }
}

static SIZE: SpinRwLock<Inode, u32> = SpinRwLock::new(5);

fn round_up(mut held: Root<'_, Task>) {
    let size = held.upgradeable(&SIZE);
    if *size % 8 != 0 {
        let mut size = size.upgrade();
        *size = size.next_multiple_of(8);
    }
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(round_up);
    with_root(|mut held| assert_eq!(*held.read(&SIZE), 8));
}
