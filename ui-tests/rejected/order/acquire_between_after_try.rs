//! After a lock got out of order, what follows ranks inside of both. Source: rust binder: the shrinker tries outwards.
//!
//! error[E0277]: lock order violation: cannot acquire `PageCache` while holding `BothOf<Inode, Directory>`
//! fix: acquire further in

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1;
        /// The cached pages.
        class PageCache = 2;
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static DIRECTORY: SpinLock<Directory, u64> = SpinLock::new(0);
static CACHE: SpinLock<PageCache, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&INODE, |size, mut held| {
            println!("{CACHE:?} {QUEUE:?}");
            if let Some(mut directory) = held.try_lock_any(&DIRECTORY) {
                let (entries, mut held) = directory.split();
                *entries += *size + *held.lock(&CACHE);
            }
        });
    });
}
