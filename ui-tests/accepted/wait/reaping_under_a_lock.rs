//! A function that needs nothing held is called under a lock. Source: redox 7d42e8d9.
//!
//! accepted: call it outside

use lockorder::{Held, SpinLock, acquires, hierarchy, with_root};

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

#[acquires(; nothing_held, atomic)]
fn reap(held: Held) -> u64 {
    *held.lock(&TREE)
}

fn main() {
    with_root(|mut held| {
        let count = reap(held.reborrow());
        *held.lock(&TREE) += count;
    });
}
