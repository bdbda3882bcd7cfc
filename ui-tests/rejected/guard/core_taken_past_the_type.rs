//! The raw core inside of a typed lock is acquired directly. Source: surelock, the feature `escape-hatch`.
//!
//! error[E0624]: method `acquire_raw` is private
//! fix: acquire with the token

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
        SIZE.acquire_raw();
        assert!(SIZE.is_held());
    });
}
