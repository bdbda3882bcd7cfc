//! The end of a transaction wakes those who wait to begin one, under the journal. Source: nesting 6 of an xv6-shaped kernel.
//!
//! accepted: release, then wake

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents, children, exit states.
        class ProcessTree = 1;
    }
    /// Files and their caches.
    level Filesystem = 40 {
        /// The state of the journal.
        class Journal = 8;
    }
}

static JOURNAL: SpinLock<Journal, u64> = SpinLock::new(0);
static PROCESS_TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);

fn end(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&JOURNAL, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&PROCESS_TREE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| end(held.to_atomic()));
}
