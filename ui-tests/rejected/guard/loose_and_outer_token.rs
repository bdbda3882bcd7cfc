//! A loosened lock is held, and the token from outside of it acquires. Source: the hierarchy's rule.
//!
//! error[E0499]: cannot borrow `held` as mutable more than once at a time
//! fix: release the loose guard first

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
        *held.lock(&ENTRIES) += 1;
        drop(size);
    });
}
