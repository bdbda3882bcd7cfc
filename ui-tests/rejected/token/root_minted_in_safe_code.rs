//! Safe code mints a root where it needs one. Source: Redox: 43 fresh tokens.
//!
//! error[E0133]: call to unsafe function `
//! fix: pass the root down

use lockorder::{Root, SpinLock, Task, hierarchy};

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
    println!("{}", lockorder::entry::system_call(account));
}
