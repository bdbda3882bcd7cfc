//! What makes data once sleeps, while others spin until it is made. Source: Linux, sleeping in `DO_ONCE`, which runs with a spin lock held.
//!
//! accepted: what sleeps is done before

use lockorder::{Context, Held, Level, MaySleep, Once, hierarchy, with_root};

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

/// Asks the bus, and sleeps until it answers.
fn probe<H: Level, C: Context + MaySleep>(_held: &mut Held<'_, H, C>) -> usize {
    2
}

fn main() {
    with_root(|mut held| {
        let found = probe(&mut held);
        println!("{}", held.get_or_init(&DEVICES, |_held| found));
    });
}
