//! A hand-over-hand walk, in a class that is sorted by address. Source: design: one discipline a class.
//!
//! accepted: release, then acquire

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

static FIRST: SpinLock<Queue, u64> = SpinLock::new(0);
static SECOND: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        *held.lock(&FIRST) += 1;
        println!("{:?}", held.lock(&SECOND));
    });
}
