//! Safe code mints a root where it needs one. Source: Redox: 43 fresh tokens.
//!
//! accepted: pass the root down

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents and children.
        class ProcessTree = 1;
    }
}

static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);

fn account(mut held: Root<'_, Task>) -> u64 {
    *held.lock(&TREE)
}

fn main() {
    println!("{}", with_root(account));
}
