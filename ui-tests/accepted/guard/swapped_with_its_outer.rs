//! An outer guard is exchanged while the lock inside of it is held, to release it too early. Source: compile-time peers, `mem::swap`.
//!
//! accepted: exchanged when nothing is held inside

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Filesystem = 40 {
        class Directory = 1;
        class Inode = 3;
    }
}

static ENTRIES: SpinLock<Directory, u32> = SpinLock::new(0);
static SIZE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut entries = Some(held.lock(&ENTRIES));
        let mut inside = entries.as_mut().map(|entries| entries.held());
        let size = inside.as_mut().map(|inside| inside.lock(&SIZE));
        drop(size);
        drop(entries.take());
    });
}
