//! A thread waits with a lock that was acquired under a spin lock. Source: redox e7ac009f.
//!
//! accepted: acquire it with nothing spinning around it

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

static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let ready = Condvar::new();
        *held.lock(&TREE) += 1;
        let mut inode = held.lock(&INODE);
        if *inode == 1 {
            inode = ready.wait(inode);
        }
        *inode += 1;
    });
}
