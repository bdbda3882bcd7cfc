//! A signal is waited for while a lock is held that its sender needs. Source: Linux: a semaphore as a completion under a mutex.
//!
//! accepted: release before waiting

use lockorder::host::{Mutex, SignallingSemaphore};
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
static DONE: SignallingSemaphore = SignallingSemaphore::new();

fn main() {
    with_root(|mut held| {
        DONE.signal();
        DONE.wait(&mut held);
        held.with(&INODE, |size, _held| {
            *size += 1;
        });
    });
}
