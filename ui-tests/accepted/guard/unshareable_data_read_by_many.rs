//! Data that is not made for shared access is read by several threads at once. Source: the standard library: `RwLock<T>` is `Sync` for `T: Sync` only.
//!
//! accepted: it is behind a lock with one holder

use std::cell::Cell;

use lockorder::{SpinLock, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0;
        /// The state of a file.
        class Inode = 3;
    }
}

static MOUNTS: SpinLock<Mounts, Cell<u64>> = SpinLock::new(Cell::new(0));

fn main() {
    println!("{MOUNTS:?}");
}
