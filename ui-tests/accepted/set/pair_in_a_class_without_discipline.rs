//! Two locks of a class that never has two at once. Source: asterinas 68aebe417.
//!
//! accepted: declare a discipline

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3, order = address;
    }
}

static ONE: SpinLock<Inode, u64> = SpinLock::new(0);
static OTHER: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| println!("{:?}", held.lock_pair(&ONE, &OTHER)));
}
