//! The adaptive mutex: the groups of the plan. Its predecessor's block path never slept.

mod hand_off;
mod spin_to_block;
mod stress;
mod tuning;

use lockorder::blocking::{Adaptive, Sleep};
use lockorder::{Lock, hierarchy};
use planned_tests::counted::Counted;

hierarchy! {
    /// Locks of these tests.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
}

/// The mutex of a test, on a machine of the test's own.
type Mutex<const TEST: usize, T = u64> = Lock<Inode, Adaptive<Counted<TEST>>, T>;
/// The same outside of it.
type Outer<const TEST: usize> = Lock<Directory, Adaptive<Counted<TEST>>, u64>;
/// The lock for long holds, whose waiters do not spin.
type SleepLock<const TEST: usize> = Lock<Inode, Sleep<Counted<TEST>>, u64>;
