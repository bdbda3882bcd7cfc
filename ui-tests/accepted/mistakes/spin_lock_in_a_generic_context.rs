//! A function that is generic over its context acquires a spin lock at once. Source: a first program.
//!
//! accepted: name the context first: `held.to_atomic()`

use lockorder::{Before, Held, MaySpin, SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn grow(mut held: Held<'_, impl Before<Filesystem>, impl MaySpin>) {
    let mut held = held.below::<Filesystem>();
    *held.to_atomic().lock(&INODE) += 1;
}

fn main() {
    with_root(|held| grow(held));
}
