//! The sleep system call takes the process table to sleep, with the lock of the time held. Source: nesting 2 of an xv6-shaped kernel.
//!
//! accepted: declare to wait, then look, with nothing held

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

fn sleep(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&TICKS, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&PROCESS_TREE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| sleep(held.to_atomic()));
}
