//! Accessors are named after fields. Source: the rules of `#[derive(Acquire)]`.
//!
//! error: `Acquire` names an accessor after each field: give the fields names
//! fix: name them

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
struct Volume(SpinLock<Inode, u64>);

fn main() {
    println!("{:?}", Volume(SpinLock::new(1)).0);
}
