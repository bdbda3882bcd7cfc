//! A level's number does not fit the ranks. Source: the hierarchy's rule.
//!
//! accepted: a number that fits

use lockorder::{SpinLock, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Device = 1022 {
        class Console = 2;
    }
}

static CONSOLE: SpinLock<Console, u64> = SpinLock::new(0);

fn main() {
    assert!(!CONSOLE.is_held());
}
