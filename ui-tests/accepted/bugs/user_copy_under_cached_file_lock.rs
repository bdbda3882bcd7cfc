//! A cached file stays locked while its bytes are copied to user memory. Source: tgoskits #1375.
//!
//! accepted: copy to a buffer, release, then to the user

use lockorder::host::Parking;
use lockorder::{Held, Lock, Root, Task, acquires, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// The mappings of a process.
        class AddressSpace = 0;
    }
    /// Files and directories.
    level Filesystem = 40 {
        /// Cached file.
        class CachedFile = 5;
    }
}

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;

static ADDRESS_SPACE: SleepLock<AddressSpace, u64> = SleepLock::new(0);
static CACHED_FILE: SleepLock<CachedFile, u64> = SleepLock::new(0);

/// Copies to user memory; a page fault takes the address space.
#[acquires(Memory)]
fn copy_to_user(held: Held, bytes: u64) {
    *held.lock(&ADDRESS_SPACE) += bytes;
}

fn read(mut held: Root<'_, Task>) {
    let bytes = *held.lock(&CACHED_FILE);
    copy_to_user(held, bytes);
}

fn main() {
    with_root(read);
}
