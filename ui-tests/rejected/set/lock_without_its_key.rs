//! A lock of a class ordered by key is made without one. Source: asterinas 68aebe417: ascending inode number.
//!
//! error[E0277]: a lock of a class with the discipline `ByKey` is not made with `new`
//! fix: give the key

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

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    println!("{INODE:?}");
}
