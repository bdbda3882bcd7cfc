//! The token inside of a guard is used after the guard is gone. Source: lock_tree: child tokens.
//!
//! accepted: use it while the guard lives

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut guard = held.lock(&INODE);
        let mut inner = guard.held();
        *inner.lock(&QUEUE) += 1;
        drop(guard);
    });
}
