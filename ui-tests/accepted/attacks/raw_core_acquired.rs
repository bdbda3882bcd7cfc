//! A sleeping core is acquired without a token, under a spin lock. Source: an attack: `RawLock::acquire` was safe.
//!
//! accepted: try it, or put it behind a typed lock

use lockorder::blocking::Sleep;
use lockorder::host::Host;
use lockorder::{RawLock, SpinLock, hierarchy, with_root};

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

static TREE: SpinLock<Tree, u64> = SpinLock::new(0);

fn main() {
    let core = Sleep::<Host>::INIT;
    with_root(|mut held| {
        held.with(&TREE, |_, _| assert!(core.try_acquire()));
    });
}
