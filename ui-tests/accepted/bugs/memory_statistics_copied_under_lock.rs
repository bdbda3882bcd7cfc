//! Memory statistics are copied to user memory under their own lock: the fault allocates, and counts. Source: maestro 2ec3da8f.
//!
//! accepted: take a snapshot

use lockorder::host::Parking;
use lockorder::{Held, Lock, Root, Task, acquires, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// Memory statistics.
        class MemoryStatistics = 7;
    }
}

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;

static MEMORY_STATISTICS: SleepLock<MemoryStatistics, u64> = SleepLock::new(0);

/// Copies to user memory; a page fault allocates, which is counted.
#[acquires(MemoryStatistics)]
fn copy_to_user(held: Held, value: u64) {
    *held.lock(&MEMORY_STATISTICS) += value;
}

fn read_statistics(mut held: Root<'_, Task>) {
    let free = *held.lock(&MEMORY_STATISTICS);
    copy_to_user(held, free);
}

fn main() {
    with_root(read_statistics);
}
