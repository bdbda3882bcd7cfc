//! Readers and writers wait for each other. Source: lockdep self-test, rw-mixed, rsem_AA3, rwsem.
//!
//! accepted: one after the other

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
static X2: RwLock<ClassX, ()> = RwLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let first = held.write(&X1);
    drop(first);
    let _second = held.read(&X2);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
}
