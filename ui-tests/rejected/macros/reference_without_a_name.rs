//! A reference stands where the name of a lock belongs. Source: the hierarchy's rule.
//!
//! error: name the lock: a variable, or `data = place`
//! fix: name the data

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
        acquire!(held => &SIZE => {
            println!("locked");
        });
    });
}
