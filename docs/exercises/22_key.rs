//! By a number of their own.
//!
//! Inodes are reference-counted and move, so addresses are no good order to talk about. They have numbers.
//! Say so.
//!
//! After bug 47 of docs/lock-bugs.md: asterinas 68aebe417, a rename locks inodes as it meets them.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// How many names a file has.
        class Inode = 3;
    }
}

fn inode(_number: u64) -> SpinLock<Inode, u32> {
    SpinLock::new(1)
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
