//! A shared reference to a token acquires. Source: lock_ordering: tokens by mutable reference.
//!
//! accepted: take it by mutable reference

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn size(held: &mut Root<'_, Task>) -> u64 {
    *held.lock(&INODE)
}

fn main() {
    with_root(|mut held| println!("{}", size(&mut held)));
}
