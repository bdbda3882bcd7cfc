//! The data is kept for after the critical section. Source: any C kernel.
//!
//! accepted: copy it out

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
        held.with(&INODE, |size, _| kept = Some(*size));
        println!("{kept:?}");
    });
}
