//! A token is made by `Default`. Source: ordered-locks hole o3.
//!
//! error[E0277]: the trait bound `Held<
//! fix: get it from an entry point

use lockorder::{Root, SpinLock, Task, hierarchy};

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
    let mut held: Root<'_, Task> = Default::default();
    *held.lock(&INODE) += 1;
}
