//! The outer lock is released before the inner one, with guards that nest. Source: Linux, hand-over-hand release.
//!
//! accepted: a loose guard may be released first

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
        let (entries, mut inside) = held.lock(&ENTRIES).loosen();
        let mut size = inside.lock(&SIZE);
        drop(entries);
        *size += 1;
    });
}
