//! A timer handler waits for a device that needs time. Source: Linux: scheduling while atomic.
//!
//! accepted: a thread waits; the handler wakes it

use core::time::Duration;

use base::sched;
use lockorder::{HardIrq, Root, Task};

fn settle(mut held: Root<'_, Task>) {
    sched::sleep(&mut held, Duration::from_millis(10));
}

fn handle(held: Root<'_, Task>) {
    let mut held = held;
    sched::sleep(&mut held, Duration::from_millis(10));
}

fn main() {
    println!("{:?}", (settle as fn(Root<'_, Task>), handle as fn(Root<'_, Task>), size_of::<HardIrq>()));
}
