//! A disk's interrupt handler takes the mutex of its queue. Source: nestings of an xv6-shaped kernel, 3.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `HardIrq` context
//! fix: an interrupt-safe lock

use selftest::classes::BlockQueue;
use base::sched::Mutex;
use lockorder::{HardIrq, IrqSpinLock, Root};

static QUEUE: Mutex<BlockQueue, u64> = Mutex::new(0);

fn completed(held: Root<'_, HardIrq>) {
    let mut held = held;
    held.with(&QUEUE, |requests, _| *requests -= 1);
}

fn main() {
    println!(
        "{:?} {} {}",
        completed as fn(Root<'_, HardIrq>),
        size_of::<Mutex<BlockQueue, u64>>(),
        size_of::<IrqSpinLock<BlockQueue, u64>>()
    );
}
