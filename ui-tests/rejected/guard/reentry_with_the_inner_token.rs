//! A callback acquires the lock that its caller holds. Source: asterinas a6055bb09.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `Inode`
//! fix: release before the callback

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
        let size = held.with(&INODE, |size, mut held| {
            held.with(&INODE, |again, _| *again += 1);
            *size
        });
        println!("{size}");
    });
}
