//! A handler and a thread acquire a reader and a spin lock in two orders. Source: lockdep self-test, queued-read, queued_read_lock_hardirq_RE_Er, qrwlock.
//!
//! accepted: the same order everywhere

use lockorder::host::Host;
use lockorder::{HardIrq, IrqRwLock, IrqSpinLock, Root, Task, hierarchy};

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
static B: IrqSpinLock<ClassB, ()> = IrqSpinLock::new(());

fn handler(mut held: Root<'_, HardIrq>) {
    let mut first = held.read(&A);
    let mut held = first.held();
    let _second = held.lock(&B);
}

fn thread_2(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let mut first = held.read(&A);
    let mut held = first.held();
    let _second = held.lock(&B);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
    let _: fn(Root<'_, Task>) = thread_2;
}
