//! One invocation declares two hierarchies. Source: the hierarchy's rule.
//!
//! error: one invocation declares one hierarchy
//! fix: one name for the whole table

use lockorder::{SpinLock, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    hierarchy DRIVERS;
    level Device = 50 {
        class Console = 2;
    }
}

static CONSOLE: SpinLock<Console, u64> = SpinLock::new(0);

fn main() {
    assert!(!CONSOLE.is_held());
}
