//! A lock is waited for where one must not wait like that. Source: lockdep self-test, wait-context, MUTEX_in_RAW_SPINLOCK, MUTEX.
//!
//! accepted: an interrupt-safe lock, for a short section

use lockorder::{IrqSpinLock, Root, Task, hierarchy};

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

static A: IrqSpinLock<ClassA, ()> = IrqSpinLock::new(());
static B: IrqSpinLock<ClassB, ()> = IrqSpinLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut first = held.lock(&A);
    let mut held = first.held();
    let _second = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
}
