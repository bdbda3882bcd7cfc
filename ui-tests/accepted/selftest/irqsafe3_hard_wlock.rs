//! A lock that is interrupted waits inside of one that a handler takes. Source: lockdep self-test, irq, irqsafe3_hard, wlock.
//!
//! accepted: make `B` interrupt-safe

use lockorder::{HardIrq, IrqRwLock, Root, Task, hierarchy};

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

static A: IrqRwLock<ClassA, ()> = IrqRwLock::new(());
static B: IrqRwLock<ClassB, ()> = IrqRwLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut first = held.write(&A);
    let mut held = first.held();
    let _second = held.write(&B);
}

fn thread_2(mut held: Root<'_, Task>) {
    let _first = held.write(&B);
}

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.write(&A);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, HardIrq>) = handler;
}
