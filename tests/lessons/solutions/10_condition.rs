//! Solution: A condition that locks.
//!
//! hint: Who calls the condition holds the lock of the queue. Must it?
//! hint: First enter the queue and release its lock; then look.
//! hint: `*held.lock(&WAITERS) += 1; ready(&mut held)`
//! fails: E0277 cannot acquire `MachineState` while holding `Waiters`
//! learnt: A condition is the caller's code. It runs where the caller is, with the caller's token, and not
//!     under a lock of the queue.
//!
//! why: Entering first and looking afterwards loses no wake-up: whoever changes the state after the look finds
//!     the waiter in the queue. The real waker holds the machine's state while it takes the queue: the other
//!     half of the circle.

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Scheduler = 10 {
        /// The state of a virtual machine.
        class MachineState = 3;
        /// Who waits for it.
        class Waiters = 4;
    }
}

static MACHINE: SpinLock<MachineState, u32> = SpinLock::new(1);
static WAITERS: SpinLock<Waiters, u32> = SpinLock::new(0);

fn enter_if_not_ready(mut held: Root<'_, Task>) -> bool {
    *held.lock(&WAITERS) += 1;
    ready(&mut held)
}

// ---- Nothing below this line needs to change. ----

#[acquires(MachineState; atomic)]
fn ready(held: &mut Held) -> bool {
    *held.lock(&MACHINE) == 1
}

fn main() {
    assert!(with_root(enter_if_not_ready));
    assert_eq!(with_root(|mut held| *held.lock(&WAITERS)), 1);
}
