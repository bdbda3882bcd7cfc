//! The parent is released while its child is held under it. Source: maestro 1b213e1b.
//!
//! accepted: release the child first

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
        let mut parent = held.lock(&ROOT);
        let Ok((entries, mut child)) = parent.descend(&HOME) else { return };
        *child += *entries;
        drop(child);
        drop(parent);
    });
}
