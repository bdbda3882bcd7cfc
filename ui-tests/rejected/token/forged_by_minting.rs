//! A token is made with the library's own constructor. Source: Redox, `CleanLockToken::new`.
//!
//! error[E0624]: associated function `mint` is private
//! fix: get the root from where the thread enters

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
    with_root(|_held| grow(Root::mint()));
}
