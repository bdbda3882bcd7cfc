//! Listing processes kept the table while it locked each of them; exiting goes from the process to the table. Source: theseus c7b629da5.
//!
//! error[E0277]: lock order violation: cannot acquire `Process` while holding `ProcessTable`
//! fix: collect the numbers, release, then look at each

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Process.
        class Process = 1;
        /// Process table.
        class ProcessTable = 2;
    }
}

static PROCESS: SpinLock<Process, u64> = SpinLock::new(0);
static PROCESS_TABLE: SpinLock<ProcessTable, u64> = SpinLock::new(0);

fn exit(mut held: Root<'_, Task>) {
    held.with(&PROCESS, |outer, mut held| *outer += *held.lock(&PROCESS_TABLE));
}

fn list(mut held: Root<'_, Task>) {
    held.with(&PROCESS_TABLE, |inner, mut held| *inner += *held.lock(&PROCESS));
}

fn main() {
    with_root(|mut held| {
        exit(held.reborrow());
        list(held);
    });
}
