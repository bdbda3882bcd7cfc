//! The word of a futex is read with its bucket held, and faults. Source: nesting 27 of a Linux-like kernel.
//!
//! accepted: try without a fault; release, fault it in, and try again

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// The mappings of one address space.
        class AddressSpace = 0;
    }
    /// Messages between processes.
    level Ipc = 30 {
        /// Threads that wait at one address.
        class Bucket = 1;
    }
}

static BUCKET: SpinLock<Bucket, u64> = SpinLock::new(0);
static ADDRESS_SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn wait_at(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&BUCKET, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&ADDRESS_SPACE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| wait_at(held.to_atomic()));
}
