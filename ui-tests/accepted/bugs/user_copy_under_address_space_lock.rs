//! User memory is copied while the address space is locked: a fault locks it again. Source: kerla b680f9f; rcore_plus #17; litebox #270.
//!
//! accepted: release it before copying

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
}

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;

static ADDRESS_SPACE: SleepLock<AddressSpace, u64> = SleepLock::new(0);

/// Copies to user memory; a page fault takes the address space.
#[acquires(AddressSpace)]
fn copy_to_user(held: Held, value: u64) {
    *held.lock(&ADDRESS_SPACE) += value;
}

fn report_usage(mut held: Root<'_, Task>) {
    let pages = *held.lock(&ADDRESS_SPACE);
    copy_to_user(held, pages);
}

fn main() {
    with_root(report_usage);
}
