//! A CPU that is starting, interrupts off, takes a plain spin lock. Source: theseus c8629d311: an AP registers itself.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context
//! fix: make the lock interrupt-safe

use lockorder::{IrqOff, Root, SpinLock, entry_point, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents and children.
        class ProcessTree = 1;
    }
}

static CPUS: SpinLock<ProcessTree, u64> = SpinLock::new(0);

/// The first code of a CPU.
///
/// # Safety
///
/// Called once by each CPU.
#[entry_point(cpu_start)]
unsafe fn register(held: Root<'_, IrqOff>) {
    let mut held = held;
    *held.lock(&CPUS) += 1;
}

fn main() {
    let _: unsafe fn() = register;
}
