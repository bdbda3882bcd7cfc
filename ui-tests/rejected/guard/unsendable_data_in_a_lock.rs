//! A lock around data that must stay on one thread is shared. Source: Rust: Sync for locks.
//!
//! error[E0277]: `*const u8` cannot be sent between threads safely
//! fix: put in what may move

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

static INODE: SpinLock<Inode, *const u8> = SpinLock::new(std::ptr::null());

fn main() {
    println!("{INODE:?}");
}
