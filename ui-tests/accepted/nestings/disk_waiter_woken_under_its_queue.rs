//! The disk is done: its waiter is looked for in the process table, under the queue. Source: nesting 3 of an xv6-shaped kernel.
//!
//! accepted: wake by the inbox

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents, children, exit states.
        class ProcessTree = 1;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of one disk.
        class DiskQueue = 0;
    }
}

static DISK_QUEUE: SpinLock<DiskQueue, u64> = SpinLock::new(0);
static PROCESS_TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);

fn completed(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&DISK_QUEUE, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&PROCESS_TREE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| completed(held.to_atomic()));
}
