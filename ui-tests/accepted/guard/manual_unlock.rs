//! An early return skips the call that unlocks. Source: redox 81a49d21.
//!
//! accepted: there is no such call: the guard releases

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
        let mut size = held.lock(&INODE);
        *size += 1;
        drop(size);
    });
}
