//! A thread waits with a lock that it got by trying. Source: prototype: TryGuard has no wait.
//!
//! accepted: wait with a lock acquired in order

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
        if let Some(inode) = held.try_lock(&INODE)
            && *inode == 1
        {
            println!("{:?}", ready.wait(inode));
        }
    });
}
