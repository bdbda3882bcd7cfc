//! A write keeps a page locked while it copies from user memory: the fault may want the same page. Source: asterinas #3257.
//!
//! accepted: fault the source in first, then copy under the lock

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
        /// The cached pages.
        class PageCache = 5;
    }
}

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;

static ADDRESS_SPACE: SleepLock<AddressSpace, u64> = SleepLock::new(0);
static PAGE_CACHE: SleepLock<PageCache, u64> = SleepLock::new(0);

/// Copies from user memory; a page fault takes the address space, then the page.
#[acquires(Memory)]
fn copy_from_user(held: Held) -> u64 {
    *held.lock(&ADDRESS_SPACE)
}

fn write(mut held: Root<'_, Task>) {
    let bytes = copy_from_user(held.reborrow());
    *held.lock(&PAGE_CACHE) = bytes;
}

fn main() {
    with_root(write);
}
