//! A token is used after it was moved into a function: it is not `Copy`. Source: the hierarchy's rule.
//!
//! accepted: lent, and back afterwards

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
    }
}

static ENTRIES: SpinLock<Directory, u32> = SpinLock::new(0);

fn add(mut held: Root<'_, Task>) {
    *held.lock(&ENTRIES) += 1;
}

fn main() {
    with_root(|mut held| {
        add(held.reborrow());
        *held.lock(&ENTRIES) += 1;
    });
}
