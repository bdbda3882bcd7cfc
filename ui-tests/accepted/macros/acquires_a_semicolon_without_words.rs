//! A semicolon announces words, and none follows. Source: the rules of `#[acquires]`.
//!
//! accepted: leave the semicolon out

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
fn size(held: Held) -> String {
    format!("{held:?}")
}

fn main() {
    println!("{}", with_root(|held| size(held)));
}
