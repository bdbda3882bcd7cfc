//! A pair may be refused: the same lock twice has no order. Source: redox 1fadde3e: both address spaces are one.
//!
//! error[E0599]: no method named `split` found for enum `Result<
//! fix: look at the error

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
        let ([source, target], _) = held.lock_pair(&SOURCE, &TARGET).split();
        *source += *target;
    });
}
