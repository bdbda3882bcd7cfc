//! A lock is released twice. Source: lockdep self-test, misuse, double_unlock, wsem.
//!
//! accepted: release it once

use lockorder::host::RwLock;
use lockorder::{hierarchy, with_root};

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
        let lock = RwLock::<ClassA, ()>::new(());
        let guard = held.write(&lock);
        drop(guard);
    });
}
