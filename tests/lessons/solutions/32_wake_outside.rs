//! Solution: Collect, release, wake.
//!
//! hint: Which lock is held while `wake` runs?
//! hint: The array is small: take all of it out at once.
//! hint: `std::mem::take(&mut *held.lock(&TIMERS))` leaves an array of `None`.
//! fails: E0277 cannot acquire `RunQueue` while holding `Timers`
//! learnt: Who wakes holds no lock of its own. First collect, then release, then wake.
//!
//! why: This kernel goes further: a wake-up takes no lock at all, it pushes to an inbox. Then it is legal under
//!     every lock.

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
    // In an array: nothing is allocated in a handler.
    let due = std::mem::take(&mut *held.lock(&TIMERS));
    for thread in due.into_iter().flatten() {
        wake(&mut held, thread);
    }
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
