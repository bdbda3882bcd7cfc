//! Interrupts at a distance.
//!
//! The tick takes the run queue, which is interrupt-safe. A thread holds the run queue and takes the list of
//! sleepers, which is not. The tick never takes that one. Is all well?
//!
//! After bug 14 of docs/lock-bugs.md: asterinas #1257, the run queue and the timer's tick.

use lockorder::{HardIrq, IrqSpinLock, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// Threads that are ready.
        class RunQueue = 0;
        /// Threads that sleep.
        class Sleepers = 1;
    }
}

static READY: IrqSpinLock<RunQueue, u32> = IrqSpinLock::new(0);
static SLEEPERS: SpinLock<Sleepers, u32> = SpinLock::new(5);

fn wake_all(mut held: Root<'_, Task>) {
    held.with(&READY, |ready, mut held| {
        *ready += std::mem::take(&mut *held.lock(&SLEEPERS));
    });
}

// ---- Nothing below this line needs to change. ----

fn tick(mut held: Root<'_, HardIrq>) {
    *held.lock(&READY) += 1;
}

fn main() {
    with_root(wake_all);
    let _: fn(Root<'_, HardIrq>) = tick;
    with_root(|mut held| assert_eq!(*held.lock(&READY), 5));
}
