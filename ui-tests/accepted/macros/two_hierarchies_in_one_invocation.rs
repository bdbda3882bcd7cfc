//! One invocation declares two hierarchies. Source: the hierarchy's rule.
//!
//! accepted: one hierarchy

use lockorder::{SpinLock, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Device = 50 {
        class Console = 2;
    }
}

static CONSOLE: SpinLock<Console, u64> = SpinLock::new(0);

fn main() {
    assert!(!CONSOLE.is_held());
}
