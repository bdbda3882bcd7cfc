//! Over three steps a handler waits for what is interrupted. Source: lockdep self-test, special, hardirq_deadlock_softirq_not_deadlock, mixed.
//!
//! accepted: make `D` interrupt-safe

use lockorder::host::Host;
use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy};

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

static A: IrqSpinLock<ClassA, ()> = IrqSpinLock::new(());
static B: IrqSpinLock<ClassB, ()> = IrqSpinLock::new(());
static C: IrqSpinLock<ClassC, ()> = IrqSpinLock::new(());
static D: IrqSpinLock<ClassD, ()> = IrqSpinLock::new(());

fn handler(mut held: Root<'_, HardIrq>) {
    let _first = held.lock(&A);
}

fn thread_2(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let mut first = held.lock(&A);
    let mut held = first.held();
    let _second = held.lock(&B);
}

fn thread_3(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let mut first = held.lock(&B);
    let mut held = first.held();
    let _second = held.lock(&C);
}

fn thread_4(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let mut first = held.lock(&C);
    let mut held = first.held();
    let _second = held.lock(&D);
}

fn thread_5(mut held: Root<'_, Task>) {
    let _first = held.lock(&D);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
    let _: fn(Root<'_, Task>) = thread_2;
    let _: fn(Root<'_, Task>) = thread_3;
    let _: fn(Root<'_, Task>) = thread_4;
    let _: fn(Root<'_, Task>) = thread_5;
}
