//! A lock of a class without keys is given one. Source: design: one discipline a class.
//!
//! accepted: leave it out

use lockorder::{SpinLock, hierarchy};

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

static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    println!("{QUEUE:?}");
}
