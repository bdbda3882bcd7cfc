//! `acquire!` names the locks in the wrong order. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `Inode`
//! fix: name them outermost first

use lockorder::{SpinLock, acquire, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
}

static DIRECTORY: SpinLock<Directory, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        acquire!(held => size = INODE, entries = DIRECTORY => {
            *entries += *size;
        });
    });
}
