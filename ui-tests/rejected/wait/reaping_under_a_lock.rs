//! A function that needs nothing held is called under a lock. Source: redox 7d42e8d9.
//!
//! error[E0277]: `ProcessTree` may be held here, but this call waits for another thread and needs nothing held
//! fix: call it outside

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
        let count = held.with(&TREE, |_, held| reap(held));
        *held.lock(&TREE) += count;
    });
}
