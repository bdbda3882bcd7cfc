//! The timer's list stays locked while a waker runs, which takes the run queue. Source: moss b818047; arceos ef46dfd1.
//!
//! error[E0277]: lock order violation: cannot acquire `RunQueue` while holding `TimerList`
//! fix: collect the wakers, release, then wake

use lockorder::{Before, Context, HardIrq, Held, IrqSpinLock, Root, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Run queue.
        class RunQueue = 0;
    }
    /// Drivers.
    level Device = 50 {
        /// Timer list.
        class TimerList = 6;
    }
}

static RUN_QUEUE: IrqSpinLock<RunQueue, u64> = IrqSpinLock::new(0);
static TIMER_LIST: IrqSpinLock<TimerList, u64> = IrqSpinLock::new(0);

fn wake(mut held: Held<'_, impl Before<RunQueue>, impl Context>, thread: u64) {
    let mut held = held.below::<RunQueue>();
    let mut held = held.to_irq_off();
    *held.lock(&RUN_QUEUE) += thread;
}

fn expire(mut held: Root<'_, HardIrq>) {
    held.with(&TIMER_LIST, |thread, held| wake(held, *thread));
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = expire;
}
