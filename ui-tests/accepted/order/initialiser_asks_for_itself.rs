//! What makes data once needs that data, and waits for itself. Source: rust-lang/rust: `Once::call_once` called recursively deadlocks or panics.
//!
//! accepted: it is made of something else

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
        let devices = held.get_or_init(&DEVICES, |_held| 1);
        println!("{devices}");
    });
}
