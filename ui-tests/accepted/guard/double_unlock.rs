//! A lock is released twice. Source: lockdep self-test double_unlock.
//!
//! accepted: release it once

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
        drop(held);
    });
}
