//! A token is weakened, and the strong one is used while the weak one acquires. Source: an attack on the token's lifetime.
//!
//! accepted: one after the other

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static ENTRIES: SpinLock<Directory, u64> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut weak = held.below::<Inode>();
        let size = weak.lock(&SIZE);
        drop(size);
        *held.lock(&ENTRIES) += 1;
    });
}
