//! A handler takes the same lock.
//!
//! The heap is used by threads and by a handler. If the handler comes while a thread of its CPU holds the
//! heap's lock, it waits for ever.
//!
//! After bug 12 of docs/lock-bugs.md: asterinas #263, a handler allocates from a heap that is not interrupt-safe.

use lockorder::{HardIrq, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// What is free.
        class KernelHeap = 2;
    }
}

static HEAP: SpinLock<KernelHeap, u32> = SpinLock::new(8);

// ---- Nothing below this line needs to change. ----

fn allocate(mut held: Root<'_, Task>) {
    *held.lock(&HEAP) -= 1;
}

fn handler(mut held: Root<'_, HardIrq>) {
    *held.lock(&HEAP) -= 1;
}

fn main() {
    with_root(allocate);
    let _: fn(Root<'_, HardIrq>) = handler;
    with_root(|mut held| assert_eq!(*held.lock(&HEAP), 7));
}
