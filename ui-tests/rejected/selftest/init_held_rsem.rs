//! A lock is made anew while it is held. Source: lockdep self-test, misuse, init_held, rsem.
//!
//! error[E0506]: cannot assign to `lock` because it is borrowed
//! fix: release it first

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
        let mut lock = RwLock::<ClassA, ()>::new(());
        let guard = held.read(&lock);
        lock = RwLock::<ClassA, ()>::new(());
        drop(guard);
        println!("{lock:?}");
    });
}
