//! Readers and writers wait for each other. Source: lockdep self-test, rw-mixed, rwsem_ABBA2, rwsem.
//!
//! accepted: the same order everywhere

use lockorder::host::{Mutex, RwLock};
use lockorder::{Root, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassX = 0;
        /// Protects its part.
        class ClassY = 1;
    }
}

static X: RwLock<ClassX, ()> = RwLock::new(());
static Y: Mutex<ClassY, ()> = Mutex::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut first = held.read(&X);
    let mut held = first.held();
    let _second = held.lock(&Y);
}

fn thread_2(mut held: Root<'_, Task>) {
    let mut first = held.read(&X);
    let mut held = first.held();
    let _second = held.lock(&Y);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
}
