//! The data of a set is used after its locks are released. Source: any C kernel.
//!
//! error[E0505]: cannot move out of `pair` because it is borrowed
//! fix: use it while they are held

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
        let Ok(mut pair) = held.lock_pair(&SOURCE, &TARGET) else { return };
        let ([source, target], _) = pair.split();
        drop(pair);
        *source += *target;
    });
}
