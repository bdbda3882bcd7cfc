//! The data is taken out of a lock that is held. Source: the hierarchy's rule.
//!
//! error[E0505]: cannot move out of `size` because it is borrowed
//! fix: release it first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

fn main() {
    let size: SpinLock<Inode, u64> = SpinLock::new(0);
    with_root(|mut held| {
        let mut guard = held.lock(&size);
        *guard += 1;
        println!("{}", size.into_inner());
        drop(guard);
    });
}
