//! A user reaches for the trait behind the comparison of ranks, to make a false one true. Source: an attack on the comparison.
//!
//! accepted: the ranks decide

use lockorder::{SpinLock, acquire, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static ENTRIES: SpinLock<Directory, u64> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        acquire!(held => entries = ENTRIES, size = SIZE => { *entries += *size; });
    });
}
