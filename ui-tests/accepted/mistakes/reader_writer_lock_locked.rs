//! A reader-writer lock is acquired with `lock`. Source: a first program.
//!
//! accepted: say which: `held.read(&INODE)` or `held.write(&INODE)`

use lockorder::{SpinRwLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: SpinRwLock<Inode, u64> = SpinRwLock::new(0);

fn main() {
    with_root(|mut held| {
        *held.write(&INODE) += 1;
    });
}
