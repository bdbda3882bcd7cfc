//! Accessors are generated for a struct of locks, not for an enum. Source: the rules of `#[derive(Acquire)]`.
//!
//! error: `Acquire` is derived for structs whose fields are locks
//! fix: a struct

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
enum Volume {
    Mounted { inode: SpinLock<Inode, u64> },
}

fn main() {
    println!("{}", size_of::<Volume>());
}
