//! Two classes that share a rank on purpose are held together. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Symlink` while holding `Inode`
//! fix: release one before the other

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
        /// Symlink.
        class Symlink = 3, sibling of Inode;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static SYMLINK: SpinLock<Symlink, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let size = held.with(&INODE, |size, mut held| *size + *held.lock(&SYMLINK));
        assert_eq!(size, 0);
    });
}
