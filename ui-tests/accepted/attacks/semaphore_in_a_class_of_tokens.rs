//! A semaphore is made in a class of serialising tokens, which have no place in the order. Source: an attack: `order = serial` was checked for locks only.
//!
//! accepted: declare a class for it

use lockorder::blocking::Semaphore;
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

static PERMITS: Semaphore<Slots> = Semaphore::new(1);

fn main() {
    with_root(|mut held| drop(PERMITS.acquire(&mut held)));
}
