//! A lock is held, and its token is asked to be a root. Source: Redox, a clean token minted for a context switch.
//!
//! error[E0277]: `Inode` may be held here, but this call waits for another thread and needs nothing held
//! fix: release the lock first

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
        println!("{:?}", size.held().to_nothing());
    });
}
