//! A token at a level stands at the level's first rank, which its class 0 shares. Source: the hierarchy's rule.
//!
//! accepted: everything held is outside of the level

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class SuperBlock = 0;
        class Inode = 3;
    }
}

static FREE_BLOCKS: SpinLock<SuperBlock, u64> = SpinLock::new(100);

fn main() {
    with_root(|mut held| {
        let mut held = held.below::<Filesystem>();
        *held.lock(&FREE_BLOCKS) -= 1;
    });
}
