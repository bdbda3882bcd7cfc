//! A function gives back a guard that borrows the function's own token. Source: surelock hole s1, a guard that outlives its scope.
//!
//! accepted: the guard borrows the caller's token

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
        class Page = 5;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

/// The file's size, locked.
fn size<'h>(held: &'h mut Root<'_, Task>) -> impl std::ops::DerefMut<Target = u64> + 'h {
    held.lock(&SIZE)
}

fn main() {
    with_root(|mut held| {
        *size(&mut held) += 1;
    });
}
