//! The token inside of a critical section is kept for after it. Source: lock_tree: child tokens.
//!
//! error[E0521]: borrowed data escapes outside of closure
//! fix: use it inside

use lockorder::{SpinLock, hierarchy, with_root};

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

fn main() {
    with_root(|mut held| {
        let mut kept = None;
        held.with(&INODE, |size, inner| {
            *size += 1;
            kept = Some(inner);
        });
        println!("{kept:?}");
    });
}
