//! Solution: A handler takes the same lock.
//!
//! hint: The order is no help: there is one lock. What would keep the handler away while a thread holds it?
//! hint: A kind of lock that turns interrupts off while it is held.
//! hint: `IrqSpinLock`, in both lines.
//! fails: E0277 a `Spinning` lock cannot be acquired in `HardIrq` context
//! learnt: A lock that a handler takes turns interrupts off wherever it is held. Its kind says so once, for all
//!     who take it.
//!
//! why: With one type for the lock the thread's side cannot be wrong while the handler's is right, which is
//!     what `spin_lock` written for `spin_lock_irqsave` is.

use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// What is free.
        class KernelHeap = 2;
    }
}

static HEAP: IrqSpinLock<KernelHeap, u32> = IrqSpinLock::new(8);

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
