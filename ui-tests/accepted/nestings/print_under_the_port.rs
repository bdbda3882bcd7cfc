//! A driver prints while it holds its port, and the console writes to the port. Source: nesting 20 of an xv6-shaped kernel.
//!
//! accepted: the console outside, the port inside

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The console.
        class Console = 8;
        /// The serial port.
        class Uart = 9;
    }
}

static UART: SpinLock<Uart, u64> = SpinLock::new(0);
static CONSOLE: SpinLock<Console, u64> = SpinLock::new(0);

fn transmit(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&UART, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&CONSOLE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| transmit(held.to_atomic()));
}
