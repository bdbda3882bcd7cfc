//! A token of a generic context goes to a function that names the context. Source: a first program.
//!
//! error[E0308]: mismatched types
//! fix: name the context: `held.to_atomic()`

use lockorder::{Atomic, Before, Held, MaySpin, SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn grow(mut held: Held<'_, impl Before<Filesystem>, Atomic>) {
    *held.below::<Filesystem>().lock(&INODE) += 1;
}

fn grow_twice(mut held: Held<'_, impl Before<Filesystem>, impl MaySpin>) {
    grow(held.to_atomic());
    grow(held.reborrow());
}

fn main() {
    with_root(|held| grow_twice(held));
}
