//! A lock is waited for where one must not wait like that. Source: lockdep self-test, wait-context, MUTEX_in_HARDIRQ, MUTEX.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `HardIrq` context
//! fix: an interrupt-safe lock, for a short section

use lockorder::host::Mutex;
use lockorder::{HardIrq, Root, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassA = 0;
        /// Protects its part.
        class ClassB = 1;
    }
}

static B: Mutex<ClassB, ()> = Mutex::new(());

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
}
