//! A lock whose waiters sleep, while preemption is off. Source: lockdep self-test wait-context.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context
//! fix: acquire it outside

use lockorder::host::Host;
use lockorder::host::Parking;
use lockorder::{Lock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;

static INODE: SleepLock<Inode, u64> = SleepLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut guard = held.no_preempt::<Host>();
        let mut held = guard.held();
        *held.lock(&INODE) += 1;
    });
}
