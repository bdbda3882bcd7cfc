//! A token, which takes no space, is made out of `()`. Source: lock_tree hole t3, a second root.
//!
//! error[E0133]: is unsafe
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
    with_root(|_held| grow(std::mem::transmute::<(), Root<'_, Task>>(())));
}
