//! An interrupt handler allocates from a heap whose lock leaves interrupts on. Source: asterinas #263; moss #105.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context
//! fix: an interrupt-safe lock

use lockorder::{HardIrq, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// Kernel heap.
        class KernelHeap = 2;
    }
}

static KERNEL_HEAP: SpinLock<KernelHeap, u64> = SpinLock::new(0);

fn allocate(mut held: Root<'_, Task>) {
    *held.lock(&KERNEL_HEAP) += 1;
}

fn allocate_in_interrupt(mut held: Root<'_, HardIrq>) {
    *held.lock(&KERNEL_HEAP) -= 1;
}

fn main() {
    with_root(allocate);
    let _: fn(Root<'_, HardIrq>) = allocate_in_interrupt;
}
