//! A reference to the data is kept while the lock is released and acquired again. Source: DragonFly tokens: re-validate.
//!
//! error[E0505]: cannot move out of `inode` because it is borrowed
//! fix: look again after waiting

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
        let size = &mut *inode;
        *size += 1;
        let inode = ready.wait(inode);
        *size += 1;
        println!("{inode:?}");
    });
}
