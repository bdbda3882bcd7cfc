//! A class extends another module's level by its bare name. Source: the hierarchy's rule.
//!
//! error: unknown level `Device`; none is declared here; for a level of another module or crate write its path
//! fix: write the path

use lockorder::{SpinLock, hierarchy};

mod kernel {
    lockorder::hierarchy! {
        pub hierarchy KERNEL;
        pub level Device = 50;
    }
}
hierarchy! {
    class Console in Device = 2;
}

static CONSOLE: SpinLock<Console, u64> = SpinLock::new(0);

fn main() {
    assert!(!CONSOLE.is_held());
}
