//! A scope of threads ends while a lock is held that they need. Source: std: thread::scope under a mutex.
//!
//! error[E0277]: `Inode` may be held here, but this call waits for another thread and needs nothing held
//! fix: release before the scope begins

use lockorder::host::{Mutex, scope};
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

static INODE: Mutex<Inode, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&INODE, |_, mut held| {
            scope(&mut held, |threads, _| {
                threads.spawn(|mut held| *held.lock(&INODE) += 1);
            });
        });
    });
}
