//! A reader-writer lock is read as in other libraries. Source: a first program.
//!
//! accepted: read through the token: `held.read(&INODE)`

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
        println!("{}", *held.read(&INODE));
    });
}
