//! Locks of two hierarchies are nested against their ranks: the order runs across all hierarchies. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Scheduler` while holding `Ring`
//! fix: acquire the scheduler's run queue before the driver's ring

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
        acquire!(held => completed = RING, runnable = RUN_QUEUE => { *runnable += *completed; });
    });
}
