//! An attribute for fields is on the struct. Source: the rules of `#[derive(Acquire)]`.
//!
//! error: on the struct only `crate = path` is expected
//! fix: put it on a field, or leave it out

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
#[acquire(name = "lock_inode")]
struct Volume {
    inode: SpinLock<Inode, u64>,
}

fn main() {
    println!("{:?}", Volume { inode: SpinLock::new(1) }.inode);
}
