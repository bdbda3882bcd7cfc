//! Two locks of one class are acquired together. Source: lockdep self-test, basic, AA, spin.
//!
//! accepted: one after the other

use lockorder::{Root, SpinLock, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassX = 0;
    }
}

static X1: SpinLock<ClassX, ()> = SpinLock::new(());
static X2: SpinLock<ClassX, ()> = SpinLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let first = held.lock(&X1);
    drop(first);
    let _second = held.lock(&X2);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
}
