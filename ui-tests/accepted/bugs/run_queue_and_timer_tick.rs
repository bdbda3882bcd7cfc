//! The run queue is locked with only preemption off, and the timer tick locks it again. Source: asterinas #1257.
//!
//! accepted: an interrupt-safe lock

use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Run queue.
        class RunQueue = 2;
    }
}

static RUN_QUEUE: IrqSpinLock<RunQueue, u64> = IrqSpinLock::new(0);

fn yield_now(mut held: Root<'_, Task>) {
    *held.lock(&RUN_QUEUE) += 1;
}

fn timer_tick(mut held: Root<'_, HardIrq>) {
    *held.lock(&RUN_QUEUE) -= 1;
}

fn main() {
    with_root(yield_now);
    let _: fn(Root<'_, HardIrq>) = timer_tick;
}
