//! The data is reached without locking. Source: the hierarchy's rule.
//!
//! error[E0616]: field `data` of struct `Lock` is private
//! fix: acquire the lock

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
        println!("{:?}", SIZE.data);
    });
}
