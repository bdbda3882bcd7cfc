//! A lock around data that must stay on one thread is shared. Source: Rust: Sync for locks.
//!
//! accepted: put in what may move

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

static INODE: SpinLock<Inode, usize> = SpinLock::new(0);

fn main() {
    println!("{INODE:?}");
}
