//! A lock whose waiters sleep is acquired while preemption is off. Source: asterinas #351, #1530.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context
//! fix: take what it protects before

use lockorder::host::Parking;
use lockorder::{Lock, SpinLock, hierarchy, with_root};

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

static INODE: SleepLock<Inode, u64> = SleepLock::new(0);
static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&TREE, |children, mut held| {
            *children += *held.lock(&INODE);
        });
    });
}
