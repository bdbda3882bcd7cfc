//! The data is reached without locking. Source: the hierarchy's rule.
//!
//! accepted: reached through a guard

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
        *held.lock(&SIZE) += 1;
        println!("{:?}", held.lock(&SIZE));
    });
}
