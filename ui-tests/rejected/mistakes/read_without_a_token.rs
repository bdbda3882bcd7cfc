//! A reader-writer lock is read as in other libraries. Source: a first program.
//!
//! error[E0277]: a reader-writer lock is acquired through a token, and this call has none
//! fix: read through the token: `held.read(&INODE)`

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
        println!("{}", *INODE.read());
    });
}
