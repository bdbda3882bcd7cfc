//! A token is made with the library's own constructor. Source: Redox, `CleanLockToken::new`.
//!
//! accepted: the root of this thread

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn grow(mut held: Root<'_, Task>) {
    *held.lock(&SIZE) += 1;
}

fn main() {
    with_root(grow);
}
