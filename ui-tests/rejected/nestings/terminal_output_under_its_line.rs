//! Output is sent to the port with the state of the line held. Source: nesting 16 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `Uart` while holding `Terminal`
//! fix: process into a buffer, release, send

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The serial port.
        class Uart = 9;
    }
    /// What user-visible handles need last.
    level User = 80 {
        /// The state of one terminal line.
        class Terminal = 4;
    }
}

static TERMINAL: SpinLock<Terminal, u64> = SpinLock::new(0);
static UART: SpinLock<Uart, u64> = SpinLock::new(0);

fn output(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&TERMINAL, |outer, mut held| {
        *outer += 1;
        held.with(&UART, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| output(held.to_atomic()));
}
