//! Readers and writers wait for each other. Source: lockdep self-test, rw-mixed, rsem_AA1, rwsem.
//!
//! error[E0277]: lock order violation: cannot acquire `ClassX` while holding `ClassX`
//! fix: one after the other

use lockorder::host::RwLock;
use lockorder::{Root, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassX = 0;
    }
}

static X1: RwLock<ClassX, ()> = RwLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut first = held.read(&X1);
    let mut held = first.held();
    let _second = held.read(&X1);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
}
