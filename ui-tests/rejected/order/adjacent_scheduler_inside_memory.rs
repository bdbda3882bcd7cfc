//! A `Scheduler` lock acquired while a `Memory` lock is held. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `ProcessTree` while holding `AddressSpace`
//! fix: acquire `ProcessTree` first

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
        held.with(&ADDRESS_SPACE, |inner, mut held| {
            *inner += held.with(&PROCESS_TREE, |outer, _| *outer);
        });
    });
}
