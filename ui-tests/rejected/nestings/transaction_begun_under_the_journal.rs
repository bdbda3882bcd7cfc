//! Who begins a transaction sleeps for room with the journal held. Source: nesting 7 of an xv6-shaped kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `ExitState` while holding `Journal`
//! fix: wait with nothing held

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// What one process leaves.
        class ExitState = 2;
    }
    /// Files and their caches.
    level Filesystem = 40 {
        /// The state of the journal.
        class Journal = 8;
    }
}

static JOURNAL: SpinLock<Journal, u64> = SpinLock::new(0);
static EXIT_STATE: SpinLock<ExitState, u64> = SpinLock::new(0);

fn begin(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&JOURNAL, |outer, mut held| {
        *outer += 1;
        held.with(&EXIT_STATE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| begin(held.to_atomic()));
}
