//! A reference stands where the name of a lock belongs. Source: the hierarchy's rule.
//!
//! accepted: the data has a name

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
        acquire!(held => size = SIZE => {
            println!("locked");
        });
    });
}
