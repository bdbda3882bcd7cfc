//! Locks of two hierarchies are nested against their ranks: the order runs across all hierarchies. Source: the hierarchy's rule.
//!
//! accepted: rank 10 before rank 50, whoever declared them

use lockorder::{SpinLock, acquire, with_root};

mod kernel {
    lockorder::hierarchy! {
        pub hierarchy KERNEL;
        pub level Core = 10 {
            pub class Scheduler = 1;
        }
    }
}
mod driver {
    lockorder::hierarchy! {
        pub hierarchy DRIVER;
        pub level Device = 50 {
            pub class Ring = 1;
        }
    }
}

static RUN_QUEUE: SpinLock<kernel::Scheduler, u32> = SpinLock::new(0);
static RING: SpinLock<driver::Ring, u32> = SpinLock::new(1);

fn main() {
    with_root(|mut held| {
        acquire!(held => runnable = RUN_QUEUE, completed = RING => { *runnable += *completed; });
    });
}
