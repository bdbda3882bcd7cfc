//! Inside of one level the classes have an order too. Source: nestings of xv6, row 11.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `Inode`
//! fix: acquire the directory first

use lockorder::{SpinLock, hierarchy, with_root};

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
        let mut inode = held.lock(&INODE);
        let (size, mut held) = inode.split();
        *size += *held.lock(&DIRECTORY);
    });
}
