//! A loosened lock is held, and the token from outside of it acquires. Source: the hierarchy's rule.
//!
//! accepted: the outer token is back when the loose guard is gone

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static ENTRIES: SpinLock<Directory, u64> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let (size, _inside) = held.lock(&SIZE).loosen();
        drop(size);
        *held.lock(&ENTRIES) += 1;
    });
}
