//! Levels are declared, and the hierarchy has no name. Source: the rules of `hierarchy!`.
//!
//! accepted: name it

use lockorder::{SpinLock, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    println!("{INODE:?}");
}
