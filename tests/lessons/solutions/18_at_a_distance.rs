//! Solution: Interrupts at a distance.
//!
//! hint: Let another CPU hold the sleepers, and let the tick come there. Who waits for whom?
//! hint: Inside of an interrupt-safe lock only interrupt-safe locks are waited for.
//! hint: Take the sleepers out first, with interrupts on.
//! fails: E0277 a `Spinning` lock cannot be acquired in `IrqOff` context
//! learnt: With interrupts off nobody waits for a lock whose holder may be interrupted.
//!
//! why: CPU 0 holds the run queue and waits for the sleepers. CPU 1 holds the sleepers and is interrupted by
//!     its tick, which waits for the run queue. Nobody takes a wrong lock in a handler, and both CPUs stand.

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
    let sleepers = std::mem::take(&mut *held.lock(&SLEEPERS));
    *held.lock(&READY) += sleepers;
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
