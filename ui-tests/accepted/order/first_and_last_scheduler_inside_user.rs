//! A `Scheduler` lock acquired while a `User` lock is held. Source: the hierarchy's rule.
//!
//! accepted: acquire `ProcessTree` first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents and children.
        class ProcessTree = 0;
    }
    /// What user-visible handles need last.
    level User = 80 {
        /// The open files of a process.
        class DescriptorTable = 0;
    }
}

static PROCESS_TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
static DESCRIPTOR_TABLE: SpinLock<DescriptorTable, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&PROCESS_TREE, |outer, mut held| {
            *outer += held.with(&DESCRIPTOR_TABLE, |inner, _| *inner);
        });
    });
}
