//! A condition that locks.
//!
//! `wait_until` looks at its condition under the lock of the queue. The condition takes the machine's lock,
//! which lies outside. Look at it where the caller is.
//!
//! After bug 9 of docs/lock-bugs.md: tgoskits #2145, a wait condition that locks, under the queue's lock.

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
    held.with(&WAITERS, |waiters, mut held| {
        *waiters += 1;
        ready(&mut held)
    })
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
