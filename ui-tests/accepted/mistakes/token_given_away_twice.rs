//! A token is passed by value to one function, and then to another. Source: a first program.
//!
//! accepted: pass it on for a time

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn grow(mut held: Root<'_, Task>) {
    *held.lock(&INODE) += 1;
}

fn main() {
    with_root(|mut held| {
        grow(held.reborrow());
        println!("{}", *held.lock(&INODE));
    });
}
