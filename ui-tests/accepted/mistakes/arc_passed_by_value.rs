//! A lock that is shared by reference counts is acquired without borrowing it. Source: a first program.
//!
//! accepted: borrow it: `held.lock(&size)`

use std::sync::Arc;
use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

fn main() {
    let size = Arc::new(SpinLock::<Inode, u64>::new(0));
    with_root(|mut held| {
        *held.lock_arc(&size) += 1;
        *held.lock(&size) += 1;
    });
}
