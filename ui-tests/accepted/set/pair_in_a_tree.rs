//! Two directories are sorted by address, in a class that goes parent before child. Source: tgoskits #1375; design: two disciplines deadlock.
//!
//! accepted: walk down

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

static ROOT: SpinLock<Directory, u64> = SpinLock::new(0);
static HOME: SpinLock<Directory, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut root = held.lock(&ROOT);
        println!("{:?}", root.descend(&HOME));
    });
}
