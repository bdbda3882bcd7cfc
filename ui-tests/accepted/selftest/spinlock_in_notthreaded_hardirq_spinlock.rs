//! A lock is waited for where one must not wait like that. Source: lockdep self-test, wait-context, SPINLOCK_in_NOTTHREADED_HARDIRQ, SPINLOCK.
//!
//! accepted: an interrupt-safe lock, for a short section

use lockorder::{HardIrq, IrqSpinLock, Root, hierarchy};

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

static B: IrqSpinLock<ClassB, ()> = IrqSpinLock::new(());

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
}
