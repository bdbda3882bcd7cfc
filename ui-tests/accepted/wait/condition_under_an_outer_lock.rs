//! A condition is waited for with an outer lock held, which whoever notifies may need. Source: lockdep: wait_event under a mutex.
//!
//! accepted: release the outer lock before waiting

use lockorder::host::{Condvar, Mutex};
use lockorder::{hierarchy, with_root};

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

static TREE: Mutex<ProcessTree, u64> = Mutex::new(0);
static INODE: Mutex<Inode, u64> = Mutex::new(0);
static READY: Condvar = Condvar::new();

fn main() {
    with_root(|mut held| {
        *held.lock(&TREE) += 1;
        let mut inode = held.lock(&INODE);
        if *inode == 0 {
            inode = READY.wait(inode);
        }
        *inode += 1;
    });
}
