//! A guard is put into a variable outside of the scope that it was acquired in, and a lock further out follows. Source: surelock holes s1 and s2, a guard escapes its `subscope`.
//!
//! accepted: the guard ends with its scope

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static ENTRIES: SpinLock<Directory, u64> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let kept;
        {
            let mut inside = held.reborrow();
            kept = Some(*inside.lock(&SIZE));
        }
        *held.lock(&ENTRIES) += 1;
        println!("{kept:?}");
    });
}
