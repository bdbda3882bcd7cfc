//! A struct acquires. Source: the rules of `#[acquires]`.
//!
//! accepted: on a function

use lockorder::{Held, acquires, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

#[acquires(Inode)]
fn size(held: Held) -> String {
    format!("{held:?}")
}

fn main() {}
