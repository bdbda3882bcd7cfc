//! A handler tries a sleeping lock, out of order: trying closes no cycle, but its release would wake sleepers there. Source: Linux, `mutex_trylock` must not be used in interrupt context.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `HardIrq` context
//! fix: use a core that exists in handlers

use lockorder::host::Parking;
use lockorder::{HardIrq, Lock, Root, hierarchy};

hierarchy! {
    hierarchy KERNEL;
    level Device = 50 {
        class Console = 2;
    }
}

/// Guards the console.
type ConsoleLock<L, T> = Lock<L, Parking, T>;

static CONSOLE: ConsoleLock<Console, Vec<u8>> = ConsoleLock::new(Vec::new());

/// The serial line's interrupt.
fn received(mut held: Root<'_, HardIrq>) {
    if let Some(mut line) = held.try_lock_any(&CONSOLE) {
        line.push(b'x');
    }
}

fn install(_vector: u8, _handler: fn(Root<'_, HardIrq>)) {}

fn main() {
    install(36, received);
}
