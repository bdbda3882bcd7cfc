//! The raw core inside of a typed lock is acquired directly. Source: surelock, the feature `escape-hatch`.
//!
//! accepted: the token acquires

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let size = held.lock(&SIZE);
        drop(size);
        let _size = held.lock(&SIZE);
        assert!(SIZE.is_held());
    });
}
