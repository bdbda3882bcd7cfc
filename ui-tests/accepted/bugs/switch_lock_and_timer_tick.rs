//! The timer tick switches threads while the switch lock is held. Source: redox e7ac009f.
//!
//! accepted: an interrupt-safe lock

use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Switch lock.
        class SwitchLock = 2;
    }
}

static SWITCH_LOCK: IrqSpinLock<SwitchLock, u64> = IrqSpinLock::new(0);

fn switch(mut held: Root<'_, Task>) {
    *held.lock(&SWITCH_LOCK) += 1;
}

fn tick(mut held: Root<'_, HardIrq>) {
    *held.lock(&SWITCH_LOCK) -= 1;
}

fn main() {
    with_root(switch);
    let _: fn(Root<'_, HardIrq>) = tick;
}
