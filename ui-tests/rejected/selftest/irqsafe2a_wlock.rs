//! Interrupts come on again while the lock is held that a handler takes. Source: lockdep self-test, irq, irqsafe2A, wlock.
//!
//! error[E0505]: cannot move out of `off` because it is borrowed
//! fix: release the lock first

use lockorder::host::Host;
use lockorder::{Atomic, IrqRwLock, Root, Task, hierarchy};

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

fn soft_work(mut held: Root<'_, Atomic>) {
    let _first = held.write(&A);
}

fn thread_2(mut held: Root<'_, Task>) {
    let mut off = held.irqs_off::<Host>();
    let mut held = off.held();
    let first = held.write(&A);
    drop(off);
    drop(first);
}

fn main() {
    let _: fn(Root<'_, Atomic>) = soft_work;
    let _: fn(Root<'_, Task>) = thread_2;
}
