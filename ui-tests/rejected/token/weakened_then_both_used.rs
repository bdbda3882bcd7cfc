//! A token is weakened, and the strong one is used while the weak one acquires. Source: an attack on the token's lifetime.
//!
//! error[E0499]: cannot borrow `held` as mutable more than once at a time
//! fix: use the strong one when the weak one is done

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
        *held.lock(&ENTRIES) += 1;
        drop(size);
    });
}
