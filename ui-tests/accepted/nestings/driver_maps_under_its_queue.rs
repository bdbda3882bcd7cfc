//! A driver maps memory with its queue held. Source: nesting 40 of a Linux-like kernel.
//!
//! accepted: map when the device is found

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// The mappings of one address space.
        class AddressSpace = 0;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of one disk.
        class DiskQueue = 0;
    }
}

static DISK_QUEUE: SpinLock<DiskQueue, u64> = SpinLock::new(0);
static ADDRESS_SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn submit(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&DISK_QUEUE, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&ADDRESS_SPACE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| submit(held.to_atomic()));
}
