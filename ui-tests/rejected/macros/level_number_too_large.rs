//! A level's number does not fit the ranks. Source: the hierarchy's rule.
//!
//! error: level numbers are 1 to 1022
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
