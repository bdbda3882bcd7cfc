//! A set of locks is gathered while an inner scope still holds one, and sorted by number instead of level. Source: surelock hole s3c.
//!
//! accepted: one set

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Memory = 20 {
        class AddressSpace = 1, order = address;
    }
}

static ONE: SpinLock<AddressSpace, u64> = SpinLock::new(0);
static TWO: SpinLock<AddressSpace, u64> = SpinLock::new(0);
static THREE: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let pair = held.lock_array([&ONE, &TWO, &THREE]);
        assert!(pair.is_ok());
    });
}
