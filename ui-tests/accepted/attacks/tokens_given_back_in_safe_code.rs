//! Serialising tokens are given back in the middle of their scope, by safe code that goes on with the data. Source: an attack: a data race by `without_tokens`.
//!
//! accepted: call what blocks with the scope's token: it gives them back by itself

use lockorder::blocking::SerialToken;
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
            mounts.with(|count, _| *count += 1);
        });
    });
}
