//! A lock is acquired through the trait that generated accessors use, with an invented permission. Source: an attack on the library's inner door.
//!
//! error[E0308]: mismatched types
//! fix: acquire with the token

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
        let size: lockorder::Guard<'_, _, _, _, Task> =
            lockorder::Lockable::acquire_with_permission(&SIZE, ());
        println!("{}", *size);
    });
}
