//! The token that a guard was acquired with is used beside the guard. Source: a first program.
//!
//! accepted: use the token that the guard lends: `split`, or `held`

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static DIRECTORY: SpinLock<Directory, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut directory = held.lock(&DIRECTORY);
        let (entries, mut held) = directory.split();
        *entries += *held.lock(&INODE);
    });
}
