//! A token is passed by value to one function, and then to another. Source: a first program.
//!
//! error[E0382]: borrow of moved value: `held`
//! fix: pass it on for a time: `held.reborrow()`, or take `&mut Held`

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
        grow(held);
        println!("{}", *held.lock(&INODE));
    });
}
