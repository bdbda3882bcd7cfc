//! A pair of sorted locks is held, and a third of their class is acquired inside. Source: asterinas 68aebe417, several inodes without a total order.
//!
//! accepted: one sorted set

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3, order = key;
    }
}

static SOURCE: SpinLock<Inode, u64> = SpinLock::with_key(12, 0);
static TARGET: SpinLock<Inode, u64> = SpinLock::with_key(9, 0);
static PARENT: SpinLock<Inode, u64> = SpinLock::with_key(2, 0);

fn main() {
    with_root(|mut held| {
        let all = held.lock_array([&SOURCE, &TARGET, &PARENT]);
        all.map(|mut all| *all.split().0[2] += 1).unwrap_or(());
    });
}
