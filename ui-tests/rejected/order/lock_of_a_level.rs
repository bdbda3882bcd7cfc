//! A lock is declared with a level where a class belongs. Source: the hierarchy's rule.
//!
//! error[E0277]: `Filesystem` is not a lock class
//! fix: declare it with a class

use lockorder::{SpinLock, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Filesystem, u64> = SpinLock::new(0);

fn main() {
    println!("{INODE:?}");
}
