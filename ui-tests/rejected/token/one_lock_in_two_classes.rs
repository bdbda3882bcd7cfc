//! A lock of one class is lent as a lock of another one. Source: lock_ordering, the same mutex at two levels.
//!
//! error[E0308]: mismatched types
//! fix: lend it as what it is

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
    let disguised: &SpinLock<Directory, u64> = &SIZE;
    with_root(|mut held| {
        *held.lock(disguised) += 1;
        println!("{:?}", held.at::<Directory>());
    });
}
