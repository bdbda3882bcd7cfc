//! A level's number does not fit the ranks. Source: the hierarchy's rule.
//!
//! error: number too large to fit in target type
//! fix: use a number up to the limit

use lockorder::{SpinLock, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Device = 70000 {
        class Console = 2;
    }
}

static CONSOLE: SpinLock<Console, u64> = SpinLock::new(0);

fn main() {
    assert!(!CONSOLE.is_held());
}
