//! The data is reached without locking, through a shared lock. Source: any C kernel.
//!
//! error[E0596]: cannot borrow immutable static item `INODE` as mutable
//! fix: lock it

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
        *INODE.get_mut() += 1;
    });
}
