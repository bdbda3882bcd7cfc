//! A lock of one class is lent as a lock of another one. Source: lock_ordering, the same mutex at two levels.
//!
//! accepted: a lock has one class

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    let disguised: &SpinLock<Inode, u64> = &SIZE;
    with_root(|mut held| {
        *held.lock(disguised) += 1;
        println!("{:?}", held.at::<Directory>());
    });
}
