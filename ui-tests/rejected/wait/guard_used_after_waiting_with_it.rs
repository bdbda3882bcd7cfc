//! The guard is used after it was waited with: the lock was released meanwhile. Source: Fuchsia: condvar asserts.
//!
//! error[E0382]: use of moved value: `inode`
//! fix: take the guard that waiting gives back

use lockorder::host::Condvar;
use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents and children.
        class ProcessTree = 1;
    }
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

fn main() {
    with_root(|mut held| {
        let ready = Condvar::new();
        let mut inode = held.lock(&INODE);
        if *inode == 1 {
            drop(ready.wait(inode));
        }
        drop(inode);
    });
}
