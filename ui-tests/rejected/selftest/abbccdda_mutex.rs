//! Threads acquire locks in orders that close a circle. Source: lockdep self-test, basic, ABBCCDDA, mutex.
//!
//! error[E0277]: lock order violation: cannot acquire `ClassA` while holding `ClassD`
//! fix: the same order everywhere

use lockorder::host::Mutex;
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
        /// Protects its part.
        class ClassD = 3;
    }
}

static A: Mutex<ClassA, ()> = Mutex::new(());
static B: Mutex<ClassB, ()> = Mutex::new(());
static C: Mutex<ClassC, ()> = Mutex::new(());
static D: Mutex<ClassD, ()> = Mutex::new(());

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
    let mut first = held.lock(&C);
    let mut held = first.held();
    let _second = held.lock(&D);
}

fn thread_4(mut held: Root<'_, Task>) {
    let mut first = held.lock(&D);
    let mut held = first.held();
    let _second = held.lock(&A);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, Task>) = thread_3;
    let _: fn(Root<'_, Task>) = thread_4;
}
