//! A function promises in its own bounds what the ranks do not say. Source: an attack on the bounds.
//!
//! accepted: true, and therefore allowed

use lockorder::{Before, Held, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

/// Uses a promise as if it were a proof.
fn weaken<H>(held: &mut Held<'_, H, Task>)
where
    Directory: Before<Inode>,
    H: Before<Inode>,
{
    *held.below::<Inode>().lock(&SIZE) += 1;
}

fn main() {
    with_root(|mut held| weaken(&mut held));
}
