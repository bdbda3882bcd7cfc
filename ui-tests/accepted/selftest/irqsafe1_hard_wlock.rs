//! A handler waits for what the code that it interrupted holds. Source: lockdep self-test, irq, irqsafe1_hard, wlock.
//!
//! accepted: make `A` interrupt-safe

use lockorder::{HardIrq, IrqRwLock, Root, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassA = 0;
    }
}

static A: IrqRwLock<ClassA, ()> = IrqRwLock::new(());

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.write(&A);
}

fn thread_2(mut held: Root<'_, Task>) {
    let _first = held.write(&A);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
    let _: fn(Root<'_, Task>) = thread_2;
}
