//! Data that is not made for shared access is read by several threads at once. Source: the standard library: `RwLock<T>` is `Sync` for `T: Sync` only.
//!
//! error[E0277]: `Cell<u64>` cannot be shared between threads safely
//! fix: put it behind a lock with one holder

use std::cell::Cell;

use lockorder::{SpinRwLock, hierarchy};

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

static MOUNTS: SpinRwLock<Mounts, Cell<u64>> = SpinRwLock::new(Cell::new(0));

fn main() {
    println!("{MOUNTS:?}");
}
