//! A future holds its token while it waits. Source: the rules of `#[acquires]`.
//!
//! error: a token cannot be held across an `await`
//! fix: a plain function

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
async fn size(held: Held) -> String {
    format!("{held:?}")
}

fn main() {
    with_root(|held| drop(size(held)));
}
