//! A lock is held, and its token is asked to be a root. Source: Redox, a clean token minted for a context switch.
//!
//! accepted: nothing is held

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut size = held.lock(&SIZE);
        *size += 1;
        drop(size);
        println!("{:?}", held.to_nothing());
    });
}
