//! A terminal sends a signal while its display is locked. Source: maestro 593fd7d2.
//!
//! accepted: find out whom to signal, release, then signal

use lockorder::{Before, Held, MaySpin, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents and children.
        class ProcessTree = 1;
    }
    /// Drivers.
    level Device = 50 {
        /// Display.
        class Display = 4;
    }
}

static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
static DISPLAY: SpinLock<Display, u64> = SpinLock::new(0);

fn signal(mut held: Held<'_, impl Before<ProcessTree>, impl MaySpin>) {
    let mut held = held.below::<ProcessTree>();
    let mut held = held.to_atomic();
    *held.lock(&TREE) += 1;
}

fn interrupt_character(mut held: Root<'_, Task>) {
    *held.lock(&DISPLAY) = 0;
    signal(held);
}

fn main() {
    with_root(interrupt_character);
}
