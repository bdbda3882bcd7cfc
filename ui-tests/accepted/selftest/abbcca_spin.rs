//! Threads acquire locks in orders that close a circle. Source: lockdep self-test, basic, ABBCCA, spin.
//!
//! accepted: the same order everywhere

use lockorder::{Root, SpinLock, Task, hierarchy};

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

static A: SpinLock<ClassA, ()> = SpinLock::new(());
static B: SpinLock<ClassB, ()> = SpinLock::new(());
static C: SpinLock<ClassC, ()> = SpinLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut first = held.lock(&A);
    let mut held = first.held();
    let _second = held.lock(&B);
}

fn thread_2(mut held: Root<'_, Task>) {
    let mut first = held.lock(&B);
    let mut held = first.held();
    let _second = held.lock(&C);
}

fn thread_3(mut held: Root<'_, Task>) {
    let mut first = held.lock(&A);
    let mut held = first.held();
    let _second = held.lock(&C);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, Task>) = thread_3;
}
