//! A token is cloned, to have one left while a lock is held. Source: Redox hole: `CleanLockToken` was copied.
//!
//! error[E0599]: no method named `clone` found for struct `Held<
//! fix: reborrow it: the first is frozen meanwhile

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
        let mut again = held.clone();
        *again.lock(&INODE) += 1;
        drop(again);
        *held.lock(&INODE) += 1;
    });
}
