//! A handler writes what the code that it interrupted reads. Source: lockdep self-test, irq, irq_read_recursion_hard, wlock.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context
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
        class ClassA = 0;
        /// Protects its part.
        class ClassB = 1;
    }
}

static A: SpinRwLock<ClassA, ()> = SpinRwLock::new(());
static B: IrqSpinLock<ClassB, ()> = IrqSpinLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let _first = held.write(&A);
}

fn thread_2(mut held: Root<'_, Task>) {
    let _first = held.read(&A);
}

fn handler(mut held: Root<'_, HardIrq>) {
    let mut first = held.write(&A);
    let mut held = first.held();
    let _second = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, HardIrq>) = handler;
}
