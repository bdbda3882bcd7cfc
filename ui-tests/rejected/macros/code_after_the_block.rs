//! Something follows the block that runs with the locks. Source: the hierarchy's rule.
//!
//! error: nothing follows the block
//! fix: put it into the block

use lockorder::{SpinLock, acquire, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        acquire!(held => size = SIZE => { *size += 1; } *size += 1);
    });
}
