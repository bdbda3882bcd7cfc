//! Threads acquire locks in orders that close a circle. Source: lockdep self-test, basic, ABBCCA, rsem.
//!
//! error[E0277]: lock order violation: cannot acquire `ClassA` while holding `ClassC`
//! fix: the same order everywhere

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
        /// Protects its part.
        class ClassC = 2;
    }
}

static A: RwLock<ClassA, ()> = RwLock::new(());
static B: RwLock<ClassB, ()> = RwLock::new(());
static C: RwLock<ClassC, ()> = RwLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut first = held.read(&A);
    let mut held = first.held();
    let _second = held.read(&B);
}

fn thread_2(mut held: Root<'_, Task>) {
    let mut first = held.read(&B);
    let mut held = first.held();
    let _second = held.read(&C);
}

fn thread_3(mut held: Root<'_, Task>) {
    let mut first = held.read(&C);
    let mut held = first.held();
    let _second = held.read(&A);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, Task>) = thread_3;
}
