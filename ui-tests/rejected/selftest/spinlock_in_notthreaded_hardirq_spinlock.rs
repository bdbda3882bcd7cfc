//! A lock is waited for where one must not wait like that. Source: lockdep self-test, wait-context, SPINLOCK_in_NOTTHREADED_HARDIRQ, SPINLOCK.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context
//! fix: an interrupt-safe lock, for a short section

use lockorder::{HardIrq, Root, SpinLock, hierarchy};

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

static B: SpinLock<ClassB, ()> = SpinLock::new(());

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
}
