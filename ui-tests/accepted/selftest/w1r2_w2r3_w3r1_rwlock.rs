//! Readers and writers wait for each other. Source: lockdep self-test, rw-3cycle, W1R2_W2R3_W3R1, rwlock.
//!
//! accepted: the same order everywhere

use lockorder::{Root, SpinRwLock, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassX = 0;
        /// Protects its part.
        class ClassY = 1;
        /// Protects its part.
        class ClassZ = 2;
    }
}

static X: SpinRwLock<ClassX, ()> = SpinRwLock::new(());
static Y: SpinRwLock<ClassY, ()> = SpinRwLock::new(());
static Z: SpinRwLock<ClassZ, ()> = SpinRwLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut first = held.write(&X);
    let mut held = first.held();
    let _second = held.read(&Y);
}

fn thread_2(mut held: Root<'_, Task>) {
    let mut first = held.write(&Y);
    let mut held = first.held();
    let _second = held.read(&Z);
}

fn thread_3(mut held: Root<'_, Task>) {
    let mut first = held.read(&X);
    let mut held = first.held();
    let _second = held.write(&Z);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, Task>) = thread_3;
}
