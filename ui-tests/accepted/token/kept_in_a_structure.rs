//! A structure keeps the token from inside a lock, and the lock is released. Source: surelock hole s1, keys that outlive their scope.
//!
//! accepted: the lock is held for as long as its token is kept

use lockorder::{Atomic, Held, SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static ENTRIES: SpinLock<Directory, u32> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

/// A walk over the files of a directory.
struct Walk<'d> {
    held: Held<'d, Directory, Atomic>,
}

fn main() {
    with_root(|mut held| {
        let mut entries = held.lock(&ENTRIES);
        let mut walk = Walk { held: entries.held() };
        *walk.held.lock(&SIZE) += 1;
        drop(entries);
    });
}
