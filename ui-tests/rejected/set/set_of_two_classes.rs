//! A set mixes classes, and sorts them by something that is not the order. Source: surelock hole s3: a real deadlock.
//!
//! error[E0308]: mismatched types
//! fix: nest them

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1, order = tree;
        /// The state of a file.
        class Inode = 3, order = key;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0, order = address;
        /// Registry.
        class Registry = 5;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::with_key(2, 0);
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        println!("{:?}", held.lock_pair(&INODE, &QUEUE));
    });
}
