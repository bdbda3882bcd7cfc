//! A driver extends a level of the kernel, and takes a kernel lock under its own. Source: user-visible extension: nvme under block core.
//!
//! accepted: acquire the registry first

use lockorder::{SpinLock, hierarchy, with_root};

mod kernel {
    lockorder::hierarchy! {
        /// The kernel's locks.
        pub hierarchy KERNEL;
        /// Drivers.
        pub level Device = 50 {
            /// Who drives what.
            pub class Registry = 1;
        }
    }
}

hierarchy! {
    /// A driver's queue.
    class NvmeQueue in kernel::Device = 12;
}

static REGISTRY: SpinLock<kernel::Registry, u64> = SpinLock::new(0);
static QUEUE: SpinLock<NvmeQueue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&REGISTRY, |drivers, mut held| *drivers += *held.lock(&QUEUE));
    });
}
