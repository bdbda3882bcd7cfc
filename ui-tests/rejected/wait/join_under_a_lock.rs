//! A thread is joined while a lock is held that it needs. Source: surelock hole s4; happylock hole h1.
//!
//! error[E0277]: `Inode` may be held here, but this call waits for another thread and needs nothing held
//! fix: release before joining

use lockorder::host::spawn;
use lockorder::host::Parking;
use lockorder::{Lock, hierarchy, with_root};

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

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;

static INODE: SleepLock<Inode, u64> = SleepLock::new(0);

fn main() {
    with_root(|mut held| {
        let worker = spawn(|mut held| *held.lock(&INODE) += 1);
        held.with(&INODE, |_, mut held| println!("{:?}", worker.join(&mut held)));
    });
}
