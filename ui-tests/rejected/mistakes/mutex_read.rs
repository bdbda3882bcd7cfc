//! A lock that is no reader-writer lock is acquired with `read`. Source: a first program.
//!
//! error[E0308]: mismatched types
//! fix: `held.lock(&INODE)`, or declare a reader-writer lock

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
        println!("{}", *held.read(&INODE));
    });
}
