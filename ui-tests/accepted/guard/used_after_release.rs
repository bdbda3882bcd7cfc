//! The data is changed after the lock is released. Source: any C kernel.
//!
//! accepted: change it before

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut guard = held.lock(&INODE);
        *guard += 1;
        drop(guard);
    });
}
