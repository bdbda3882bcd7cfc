//! A set of locks is gathered while an inner scope still holds one, and sorted by number instead of level. Source: surelock hole s3c.
//!
//! error[E0499]: cannot borrow `held` as mutable more than once at a time
//! fix: take all of the set at once

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
        let first = held.lock(&THREE);
        let pair = held.lock_pair(&ONE, &TWO);
        drop(first);
        assert!(pair.is_ok());
    });
}
