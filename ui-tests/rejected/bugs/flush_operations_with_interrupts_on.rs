//! The queue of TLB flushes is locked with interrupts on, and the flush interrupt locks it again. Source: asterinas #1602.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context
//! fix: an interrupt-safe lock

use lockorder::{HardIrq, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// Flush queue.
        class FlushQueue = 2;
    }
}

static FLUSH_QUEUE: SpinLock<FlushQueue, u64> = SpinLock::new(0);

fn request_flush(mut held: Root<'_, Task>) {
    *held.lock(&FLUSH_QUEUE) += 1;
}

fn flush_interrupt(mut held: Root<'_, HardIrq>) {
    *held.lock(&FLUSH_QUEUE) -= 1;
}

fn main() {
    with_root(request_flush);
    let _: fn(Root<'_, HardIrq>) = flush_interrupt;
}
