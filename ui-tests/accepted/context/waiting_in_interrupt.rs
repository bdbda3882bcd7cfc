//! An interrupt handler calls what may sleep. Source: klint: sleep in atomic context.
//!
//! accepted: leave it to a thread

use lockorder::{HardIrq, Held, Root, acquires, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

#[acquires(Queue; irq)]
fn drain(held: Held) -> String {
    format!("{held:?}")
}

fn handler(held: Root<'_, HardIrq>) -> String {
    drain(held)
}

fn main() {
    let _: fn(Root<'_, HardIrq>) -> String = handler;
}
