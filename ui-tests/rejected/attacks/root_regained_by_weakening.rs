//! A token under a lock is weakened to nothing held, and is a root again. Source: an attack: `at::<OnlyTokens<A>>().to_nothing()`.
//!
//! error[E0277]: `Nothing` is not a level or a class
//! error[E0277]: lock order violation: a token at `Tree` cannot be moved out to `Nothing`
//! fix: weaken it to a level or a class further in

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
static INODE: Mutex<Inode, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&TREE, |_, mut held| *held.at::<Nothing>().lock(&INODE) += 1);
    });
}
