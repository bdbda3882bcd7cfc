//! A lock is acquired through the trait that generated accessors use, with an invented permission. Source: an attack on the library's inner door.
//!
//! accepted: the token has the permission

use lockorder::{SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        *held.lock(&SIZE) += 1;
        let size: lockorder::Guard<'_, _, _, _, Task> = held.acquire(&SIZE);
        println!("{}", *size);
    });
}
