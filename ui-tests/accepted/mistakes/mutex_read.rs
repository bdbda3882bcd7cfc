//! A lock that is no reader-writer lock is acquired with `read`. Source: a first program.
//!
//! accepted: `held.lock(&INODE)`

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
        println!("{}", *held.lock(&INODE));
    });
}
