//! A field is left out, and its accessor has a name. Source: the rules of `#[derive(Acquire)]`.
//!
//! error: a field that is skipped has no accessor to name
//! fix: write one of the two

use lockorder::{Acquire, SpinLock, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

#[derive(Acquire)]
struct Volume {
    #[acquire(skip, name = "get")]
    inode: SpinLock<Inode, u64>,
}

fn main() {
    println!("{:?}", Volume { inode: SpinLock::new(1) }.inode);
}
