//! A lock is released twice. Source: lockdep self-test, misuse, double_unlock, spin.
//!
//! accepted: release it once

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassA = 0;
    }
}

fn main() {
    with_root(|mut held| {
        let lock = SpinLock::<ClassA, ()>::new(());
        let guard = held.lock(&lock);
        drop(guard);
    });
}
