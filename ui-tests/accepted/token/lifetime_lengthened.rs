//! A function gives its token a longer life than it has. Source: Starnix, `&'static mut Locked<Unlocked>`.
//!
//! accepted: the same life

use lockorder::{Held, Nothing, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn lengthen<'short>(held: Held<'short, Nothing, Task>) -> Held<'short, Nothing, Task> {
    held
}

fn main() {
    with_root(|held| *lengthen(held).lock(&SIZE) += 1);
}
