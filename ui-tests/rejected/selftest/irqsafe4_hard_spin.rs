//! A lock that is interrupted waits inside of one that a handler takes. Source: lockdep self-test, irq, irqsafe4_hard, spin.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context
//! fix: make `B` interrupt-safe

use lockorder::host::Host;
use lockorder::{HardIrq, IrqSpinLock, Root, SpinLock, Task, hierarchy};

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

static A: IrqSpinLock<ClassA, ()> = IrqSpinLock::new(());
static B: SpinLock<ClassB, ()> = SpinLock::new(());

fn thread_1(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let mut first = held.lock(&A);
    let mut held = first.held();
    let _second = held.lock(&B);
}

fn thread_2(mut held: Root<'_, Task>) {
    let _first = held.lock(&B);
}

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.lock(&A);
}

fn main() {
    let _: fn(Root<'_, Task>) = thread_1;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, HardIrq>) = handler;
}
