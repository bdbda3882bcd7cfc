//! A writer waits for a reader that is interrupted, inside of a lock that the handler takes. Source: lockdep self-test, irq, irq_read_recursion3_hard, wlock.
//!
//! accepted: make `A` interrupt-safe

use lockorder::host::Host;
use lockorder::{HardIrq, IrqRwLock, Root, Task, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// What they protect.
    level Device = 50 {
        /// Protects its part.
        class ClassB = 0;
        /// Protects its part.
        class ClassA = 1;
    }
}

static A: IrqRwLock<ClassA, ()> = IrqRwLock::new(());
static B: IrqRwLock<ClassB, ()> = IrqRwLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let mut first = held.write(&B);
    let mut held = first.held();
    let _second = held.write(&A);
}

fn thread_2(mut held: Root<'_, Task>) {
    let _first = held.read(&A);
}

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.read(&B);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, HardIrq>) = handler;
}
