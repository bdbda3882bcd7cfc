//! An attribute of a field is misspelt. Source: the rules of `#[derive(Acquire)]`.
//!
//! accepted: spell it right

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
    inode: SpinLock<Inode, u64>,
    #[acquire(skip)]
    size: u64,
}

fn main() {
    let volume = Volume { inode: SpinLock::new(1), size: 512 };
    println!("{:?} {}", volume.inode, volume.size);
}
