//! A callee locks again.
//!
//! `grow` locks the inode and calls `set_size`, which locks it again: with a raw lock the thread waits for
//! itself. Give `set_size` what it needs.
//!
//! After bug 26 of docs/lock-bugs.md: asterinas 288374ee0, a callee locks again.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// The size of a file.
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(512);

fn set_size(held: &mut lockorder::Held<'_, Inode, lockorder::Atomic>, size: u64) {
    *held.lock(&SIZE) = size;
}

fn grow(mut held: Root<'_, Task>) {
    held.with(&SIZE, |size, mut held| set_size(&mut held, *size * 2));
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(grow);
    assert_eq!(with_root(|mut held| *held.lock(&SIZE)), 1024);
}
