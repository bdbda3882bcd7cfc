//! A lock is acquired as in other libraries. Source: a first program.
//!
//! error[E0277]: a lock is acquired through a token, and this call has none
//! fix: acquire through the token: `held.lock(&INODE)`

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        *held.lock(&INODE) += 1;
        *INODE.lock() += 1;
    });
}
