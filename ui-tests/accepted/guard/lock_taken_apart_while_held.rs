//! The data is taken out of a lock that is held. Source: the hierarchy's rule.
//!
//! accepted: released, then taken apart

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
        drop(guard);
        println!("{}", size.into_inner());
    });
}
