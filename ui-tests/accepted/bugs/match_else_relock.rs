//! The lock in a `match` stays held to the end of it, and an arm locks it again. Source: hermit 136c0088.
//!
//! accepted: take the value out first

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Run queue.
        class RunQueue = 0;
    }
}

static READY: SpinLock<RunQueue, Vec<u64>> = SpinLock::new(Vec::new());

fn next(mut held: Root<'_, Task>) -> usize {
    let next = held.lock(&READY).pop();
    match next {
        Some(_) => 1,
        None => held.lock(&READY).len(),
    }
}

fn main() {
    println!("{}", with_root(next));
}
