//! Two locks of one class, which has no discipline for that. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `Inode`
//! fix: release the first one before the second

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

static ONE: SpinLock<Inode, u64> = SpinLock::new(0);
static OTHER: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut one = held.lock(&ONE);
        let (size, mut held) = one.split();
        *size += *held.lock(&OTHER);
    });
}
