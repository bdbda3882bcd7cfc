//! What makes data once needs that data, and waits for itself. Source: rust-lang/rust: `Once::call_once` called recursively deadlocks or panics.
//!
//! error[E0277]: lock order violation: cannot acquire `Devices` while holding `Devices`
//! fix: make it of something else

use lockorder::{Once, hierarchy, with_root};

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

static DEVICES: Once<Devices, usize> = Once::new();

fn main() {
    with_root(|mut held| {
        let devices = held.get_or_init(&DEVICES, |mut held| held.get(&DEVICES).map_or(1, |known| known + 1));
        println!("{devices}");
    });
}
