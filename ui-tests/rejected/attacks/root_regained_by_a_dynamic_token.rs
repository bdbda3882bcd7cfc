//! A dynamic token under a lock is typed as a root. Source: an attack: `typed::<OnlyTokens<A>>()`.
//!
//! error[E0277]: `Nothing` is not a level or a class
//! fix: type it as what may be held

use lockorder::host::Mutex;
use lockorder::{Nothing, hierarchy, with_root};

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

static TREE: Mutex<Tree, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&TREE, |_, mut held| assert!(held.erase().typed::<Nothing>().is_ok()));
    });
}
