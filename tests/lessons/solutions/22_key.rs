//! Solution: By a number of their own.
//!
//! hint: A class's discipline stands behind its number: `order = …`.
//! hint: A lock of such a class is made with its key.
//! hint: `class Inode = 3, order = key;` and `SpinLock::with_key(number, 1)`
//! fails: E0277 locks of one class cannot be taken together in a set under the discipline
//! learnt: A class without a discipline never has two locks held. With `order = key` each lock has a number,
//!     and sets are sorted by it.
//!
//! why: The original acquires two inodes as a rename meets them. Two renames in opposite directions wait for
//!     each other. A key is better than an address where the order is to be the same after a restart, as in a
//!     journal.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// How many names a file has.
        class Inode = 3, order = key;
    }
}

fn inode(number: u64) -> SpinLock<Inode, u32> {
    SpinLock::with_key(number, 1)
}

// ---- Nothing below this line needs to change. ----

fn link_swap(mut held: Root<'_, Task>, from: &SpinLock<Inode, u32>, to: &SpinLock<Inode, u32>) {
    let mut both = held.lock_pair(from, to).expect("two numbers");
    let ([from, to], _) = both.split();
    *from -= 1;
    *to += 1;
}

fn main() {
    let (one, two) = (inode(12), inode(7));
    with_root(|held| link_swap(held, &one, &two));
    assert_eq!(with_root(|mut held| *held.lock(&two)), 2);
}
