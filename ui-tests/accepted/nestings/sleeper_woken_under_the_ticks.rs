//! The timer wakes sleepers under the lock of the time, and looks for them in the process table. Source: nesting 1 of an xv6-shaped kernel.
//!
//! accepted: wake by the inbox, which takes no lock

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents, children, exit states.
        class ProcessTree = 1;
    }
    /// Drivers.
    level Device = 50 {
        /// The time, and who waits for it.
        class Ticks = 4;
    }
}

static TICKS: SpinLock<Ticks, u64> = SpinLock::new(0);
static PROCESS_TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);

fn tick(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&TICKS, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&PROCESS_TREE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| tick(held.to_atomic()));
}
