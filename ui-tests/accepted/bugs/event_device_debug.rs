//! Printing an input device locks what its interrupt locks. Source: asterinas efeaf5fa6.
//!
//! accepted: an interrupt-safe lock

use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// Event buffer.
        class EventBuffer = 2;
    }
}

static EVENT_BUFFER: IrqSpinLock<EventBuffer, u64> = IrqSpinLock::new(0);

fn print(mut held: Root<'_, Task>) {
    *held.lock(&EVENT_BUFFER) += 1;
}

fn key_pressed(mut held: Root<'_, HardIrq>) {
    *held.lock(&EVENT_BUFFER) -= 1;
}

fn main() {
    with_root(print);
    let _: fn(Root<'_, HardIrq>) = key_pressed;
}
