//! The outer lock is released before the inner one, with guards that nest. Source: Linux, hand-over-hand release.
//!
//! error[E0505]: cannot move out of `entries` because it is borrowed
//! fix: loosen the outer guard: it gives its token away and may be released in any order

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static ENTRIES: SpinLock<Directory, u32> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut entries = held.lock(&ENTRIES);
        let mut inside = entries.held();
        let mut size = inside.lock(&SIZE);
        drop(entries);
        *size += 1;
    });
}
