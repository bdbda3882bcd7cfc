//! `try_lock` gives a full guard, which can be waited with, so it keeps the order. Source: lockdep: trylock adds no edge into the lock.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `Inode`
//! fix: `try_lock_any`, whose guard cannot be waited with

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
}

static DIRECTORY: SpinLock<Directory, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&INODE, |size, mut held| {
            if let Some(entries) = held.try_lock(&DIRECTORY) {
                *size += *entries;
            }
        });
    });
}
