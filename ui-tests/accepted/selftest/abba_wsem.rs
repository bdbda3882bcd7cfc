//! Threads acquire locks in orders that close a circle. Source: lockdep self-test, basic, ABBA, wsem.
//!
//! accepted: the same order everywhere

use lockorder::host::RwLock;
use lockorder::{Root, Task, hierarchy};

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

static A: RwLock<ClassA, ()> = RwLock::new(());
static B: RwLock<ClassB, ()> = RwLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut first = held.write(&A);
    let mut held = first.held();
    let _second = held.write(&B);
}

fn thread_2(mut held: Root<'_, Task>) {
    let mut first = held.write(&A);
    let mut held = first.held();
    let _second = held.write(&B);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
}
