//! The token of a function that acquires has no name. Source: the hierarchy's rule.
//!
//! error: name the token: `held: Held`
//! fix: name it

use lockorder::{Held, SpinLock, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

#[acquires(Inode)]
fn size(_: Held) -> bool {
    SIZE.is_held()
}

fn main() {
    with_root(|held| assert!(!size(held)));
}
