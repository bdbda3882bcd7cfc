//! A wait condition, evaluated under the queue's lock, takes the machine's lock; who notifies does it the other way round. Source: tgoskits #2145.
//!
//! accepted: evaluate the condition at the caller's level

use lockorder::{Before, Held, MaySpin, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Machine state.
        class MachineState = 3;
        /// Wait queue.
        class WaitQueue = 4;
    }
}

static MACHINE_STATE: SpinLock<MachineState, u64> = SpinLock::new(0);
static WAIT_QUEUE: SpinLock<WaitQueue, u64> = SpinLock::new(0);

fn ready(mut held: Held<'_, impl Before<MachineState>, impl MaySpin>) -> bool {
    let mut held = held.below::<MachineState>();
    let mut held = held.to_atomic();
    *held.lock(&MACHINE_STATE) == 1
}

fn wait_until(mut held: Root<'_, Task>) -> bool {
    *held.lock(&WAIT_QUEUE) += 1;
    ready(held)
}

fn main() {
    println!("{}", with_root(wait_until));
}
