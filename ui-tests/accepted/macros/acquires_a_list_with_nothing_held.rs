//! A function that starts with nothing held lists what it acquires, which says nothing. Source: the rules of `#[acquires]`.
//!
//! accepted: leave the list out

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

#[acquires(; nothing_held)]
fn size(held: Held) -> String {
    format!("{held:?}")
}

fn main() {
    println!("{}", with_root(|held| size(held)));
}
