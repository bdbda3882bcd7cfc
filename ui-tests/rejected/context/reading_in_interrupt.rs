//! A handler reads a lock whose writer it may have interrupted. Source: Linux, `tasklist_lock` read in interrupts needs every writer to turn them off.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context
//! fix: make the lock interrupt-safe

use lockorder::{HardIrq, Root, SpinRwLock, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The time.
        class Clock = 0;
        /// The devices found.
        class Devices = 1;
    }
}

static DEVICES: SpinRwLock<Devices, Vec<u8>> = SpinRwLock::new(Vec::new());

fn handler(mut held: Root<'_, HardIrq>) {
    println!("{:?}", held.read(&DEVICES));
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
}
