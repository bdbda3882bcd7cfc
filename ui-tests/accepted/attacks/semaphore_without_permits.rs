//! A semaphore starts without a permit, and is waited for under a lock that its releaser needs. Source: an attack: a semaphore as a signal.
//!
//! accepted: give it a permit

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

static SLOTS: Semaphore<Slots> = Semaphore::new(1);

fn main() {
    with_root(|mut held| drop(SLOTS.acquire(&mut held)));
}
