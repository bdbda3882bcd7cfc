//! A writer waits for a reader that is interrupted, inside of a lock that the handler takes. Source: lockdep self-test, irq, irq_read_recursion2_hard, wlock.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context
//! fix: make `A` interrupt-safe

use lockorder::host::Host;
use lockorder::{HardIrq, IrqSpinLock, Root, SpinRwLock, Task, hierarchy};

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

static A: SpinRwLock<ClassA, ()> = SpinRwLock::new(());
static B: IrqSpinLock<ClassB, ()> = IrqSpinLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let mut first = held.lock(&B);
    let mut held = first.held();
    let _second = held.write(&A);
}

fn thread_2(mut held: Root<'_, Task>) {
    let _first = held.read(&A);
}

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, HardIrq>) = handler;
}
