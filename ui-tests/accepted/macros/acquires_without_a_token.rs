//! A function acquires and has no token. Source: the rules of `#[acquires]`.
//!
//! accepted: take one

use lockorder::{Held, acquires, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

#[acquires(Inode)]
fn size(held: Held) -> String {
    format!("{held:?}")
}

fn main() {
    println!("{}", with_root(|held| size(held)));
}
