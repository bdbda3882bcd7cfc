//! Serialising tokens are given back in the middle of their scope, by safe code that goes on with the data. Source: an attack: a data race by `without_tokens`.
//!
//! error[E0133]: call to unsafe function `without_serial_tokens` is unsafe and requires unsafe block
//! fix: call what blocks with the scope's token: it gives them back by itself

use lockorder::blocking::{Patience, SerialToken, Waiting, without_serial_tokens};
use lockorder::host::Host;
use lockorder::{hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Outer.
    level Outer = 10 {
        /// An outer lock.
        class Tree = 1;
    }
    /// Inner.
    level Inner = 20 {
        /// An inner lock.
        class Inode = 1;
        /// Serialising tokens.
        class Mounts = 2, order = serial;
        /// Permits.
        class Slots = 3;
    }
}

static MOUNTS: SerialToken<Mounts, u64> = SerialToken::new(0);

fn main() {
    with_root(|mut held| {
        held.with_serial_token(&MOUNTS, |mounts| {
            without_serial_tokens::<Host, _>(&Waiting::here(Patience::ForEver), || mounts.with(|count, _| *count += 1));
        });
    });
}
