//! A set of directories is taken while an inode is held. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `Inode`
//! fix: take the directories first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1, order = address;
        class Inode = 3;
    }
}

static OLD: SpinLock<Directory, u64> = SpinLock::new(0);
static NEW: SpinLock<Directory, u64> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&SIZE, |_, mut held| assert!(held.lock_pair(&OLD, &NEW).is_ok()));
    });
}
