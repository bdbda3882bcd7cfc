//! A token is not declared mutable. Source: a first program.
//!
//! accepted: acquiring borrows it mutably: `|mut held|`

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        *held.lock(&INODE) += 1;
    });
}
