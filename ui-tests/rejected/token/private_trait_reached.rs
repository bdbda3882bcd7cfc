//! A user reaches for the trait behind the comparison of ranks, to make a false one true. Source: an attack on the comparison.
//!
//! error[E0603]: module `level` is private
//! fix: leave the comparison to the ranks

use lockorder::{SpinLock, acquire, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

impl lockorder::level::Yes for Directory {}

static ENTRIES: SpinLock<Directory, u64> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        acquire!(held => entries = ENTRIES, size = SIZE => { *entries += *size; });
    });
}
