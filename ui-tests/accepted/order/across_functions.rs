//! A callee acquires outside of what its caller holds. Source: the hierarchy's rule.
//!
//! accepted: call it before the inode is acquired

use lockorder::host::Parking;
use lockorder::{Before, Held, Lock, SpinLock, Task, hierarchy, with_root};

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
}

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;

static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
static INODE: SleepLock<Inode, u64> = SleepLock::new(0);

fn account(mut held: Held<'_, impl Before<ProcessTree>, Task>) -> u64 {
    let mut held = held.below::<ProcessTree>();
    *held.lock(&TREE)
}

fn main() {
    with_root(|mut held| {
        let used = account(held.reborrow());
        let mut inode = held.lock(&INODE);
        *inode += used;
    });
}
