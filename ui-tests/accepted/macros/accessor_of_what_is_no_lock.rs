//! A field is no lock. Source: the rules of `#[derive(Acquire)]`.
//!
//! accepted: leave it out with `#[acquire(skip)]`

use lockorder::{Acquire, SpinLock, hierarchy, with_root};

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
    println!("{}", volume.size + with_root(|mut held| *volume.lock_inode(&mut held)));
}
