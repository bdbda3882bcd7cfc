//! A function that the compiler evaluates acquires. Source: the rules of `#[acquires]`.
//!
//! accepted: leave `const` out

use lockorder::{Held, acquires, hierarchy, with_root};

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
fn size(held: Held) -> usize {
    size_of_val(&held)
}

fn main() {
    println!("{}", with_root(|held| size(held)));
}
