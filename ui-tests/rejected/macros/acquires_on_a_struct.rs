//! A struct acquires. Source: the rules of `#[acquires]`.
//!
//! error: `#[acquires]` goes on a function or a method
//! fix: on a function

use lockorder::{acquires, hierarchy};

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
struct Size;

fn main() {}
