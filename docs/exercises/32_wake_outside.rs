//! Collect, release, wake.
//!
//! Expired timers wake threads, which takes the run queue: it lies outside of the list of timers.
//!
//! After bug 30 of docs/lock-bugs.md: moss b818047, a waker runs under the timer's lock.

use lockorder::{HardIrq, Held, IrqSpinLock, Root, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// Threads that are ready.
        class RunQueue = 0;
    }
    level Device = 50 {
        /// Whom to wake, and when.
        class Timers = 6;
    }
}

static READY: IrqSpinLock<RunQueue, Vec<u32>> = IrqSpinLock::new(Vec::new());
static TIMERS: IrqSpinLock<Timers, [Option<u32>; 4]> = IrqSpinLock::new([Some(3), None, Some(5), None]);

fn expire(mut held: lockorder::Held<'_, lockorder::Nothing, impl lockorder::Context>) {
    held.with(&TIMERS, |timers, mut held| {
        for thread in timers.iter_mut().filter_map(Option::take) {
            wake(&mut held, thread);
        }
    });
}

// ---- Nothing below this line needs to change. ----

#[acquires(RunQueue; irq)]
fn wake(held: &mut Held, thread: u32) {
    held.lock(&READY).push(thread);
}

fn tick(held: Root<'_, HardIrq>) {
    expire(held);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = tick;
    with_root(|mut held| expire(held.reborrow()));
    with_root(|mut held| assert_eq!(*held.lock(&READY), [3, 5]));
}
