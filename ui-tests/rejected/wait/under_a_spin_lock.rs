//! A thread waits with a lock that was acquired under a spin lock. Source: redox e7ac009f.
//!
//! error[E0277]: cannot sleep in `Atomic` context
//! error[E0277]: `ProcessTree` may be held here, but this call waits for another thread and needs nothing held
//! fix: acquire it with nothing spinning around it

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
        let mut tree = held.lock(&TREE);
        let (_, mut held) = tree.split();
        let mut inode = held.lock(&INODE);
        if *inode == 1 {
            inode = ready.wait(inode);
        }
        *inode += 1;
    });
}
