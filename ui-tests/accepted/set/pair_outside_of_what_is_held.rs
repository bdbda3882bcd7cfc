//! A set of directories is taken while an inode is held. Source: the hierarchy's rule.
//!
//! accepted: directories, then the inode

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
        let both = held.lock_pair(&OLD, &NEW);
        both.map(|mut both| *both.split().1.lock(&SIZE) += 1).unwrap_or(());
    });
}
