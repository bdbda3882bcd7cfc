//! A class extends another module's level by its bare name. Source: the hierarchy's rule.
//!
//! accepted: the path says where the level is

use lockorder::{SpinLock, hierarchy};

mod kernel {
    lockorder::hierarchy! {
        pub hierarchy KERNEL;
        pub level Device = 50;
    }
}
hierarchy! {
    class Console in kernel::Device = 2;
}

static CONSOLE: SpinLock<Console, u64> = SpinLock::new(0);

fn main() {
    assert!(!CONSOLE.is_held());
}
