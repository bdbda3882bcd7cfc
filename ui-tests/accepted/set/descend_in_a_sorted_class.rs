//! A child is taken under its parent, in a class that is sorted by number. Source: design: two disciplines deadlock.
//!
//! accepted: take both as a set

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

static SOURCE: SpinLock<Inode, u64> = SpinLock::with_key(2, 0);
static TARGET: SpinLock<Inode, u64> = SpinLock::with_key(7, 0);

fn main() {
    with_root(|mut held| {
        println!("{:?}", held.lock_pair(&SOURCE, &TARGET));
    });
}
