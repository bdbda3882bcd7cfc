//! A guard is returned from the closure of the root it was acquired with. Source: surelock hole s2.
//!
//! accepted: return what it protects

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
    let size = with_root(|mut held| *held.lock(&INODE));
    println!("{size:?}");
}
