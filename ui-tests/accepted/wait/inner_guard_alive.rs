//! A thread waits while a lock further in is held: who would wake it needs that lock. Source: Redox: WaitCondition is not checked.
//!
//! accepted: release the inner lock first

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
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let ready = Condvar::new();
        ready.notify_all();
        let mut inode = held.lock(&INODE);
        let (size, mut inner) = inode.split();
        let queue = inner.lock(&QUEUE);
        *size += *queue;
        drop(queue);
        let inode = ready.wait(inode);
        println!("{inode:?}");
    });
}
