//! A handler reads what a reader-writer lock protects whose waiters sleep. Source: Linux: down_read() in interrupt context.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `HardIrq` context
//! fix: an interrupt-safe reader-writer lock

use selftest::classes::Interface;
use base::sched::SleepRwLock;
use lockorder::{HardIrq, IrqRwLock, Root};

static ADDRESSES: SleepRwLock<Interface, u64> = SleepRwLock::new(0);

fn received(held: Root<'_, HardIrq>) -> u64 {
    let mut held = held;
    *held.read(&ADDRESSES)
}

fn main() {
    println!(
        "{:?} {} {}",
        received as fn(Root<'_, HardIrq>) -> u64,
        size_of::<SleepRwLock<Interface, u64>>(),
        size_of::<IrqRwLock<Interface, u64>>()
    );
}
