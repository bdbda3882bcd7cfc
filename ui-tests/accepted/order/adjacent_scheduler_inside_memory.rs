//! A `Scheduler` lock acquired while a `Memory` lock is held. Source: the hierarchy's rule.
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
    /// Address spaces.
    level Memory = 20 {
        /// The mappings of a process.
        class AddressSpace = 0;
    }
}

static PROCESS_TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
static ADDRESS_SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&PROCESS_TREE, |outer, mut held| {
            *outer += held.with(&ADDRESS_SPACE, |inner, _| *inner);
        });
    });
}
