//! A disk's interrupt handler takes the mutex of its queue. Source: nestings of an xv6-shaped kernel, 3.
//!
//! accepted: an interrupt-safe lock

use selftest::classes::BlockQueue;
use base::sched::Mutex;
use lockorder::{HardIrq, IrqSpinLock, Root};

static QUEUE: IrqSpinLock<BlockQueue, u64> = IrqSpinLock::new(0);

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
