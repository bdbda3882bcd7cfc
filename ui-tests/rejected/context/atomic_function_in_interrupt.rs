//! A function that takes plain spin locks is called from an interrupt handler. Source: asterinas c875201c3.
//!
//! error[E0277]: `HardIrq` context does not allow plain spin locks, and this needs them
//! fix: promise interrupt-safe locks only

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

#[acquires(Queue; atomic)]
fn complete(held: Held) -> String {
    format!("{held:?}")
}

fn handler(held: Root<'_, HardIrq>) -> String {
    complete(held)
}

fn main() {
    let _: fn(Root<'_, HardIrq>) -> String = handler;
}
