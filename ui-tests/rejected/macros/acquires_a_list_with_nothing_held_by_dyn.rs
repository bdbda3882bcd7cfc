//! A method behind `dyn` that starts with nothing held lists what it acquires. Source: the rules of `#[acquires]`.
//!
//! error: with `nothing_held` the body may acquire every class
//! fix: leave the list out

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

#[acquires(Inode; nothing_held, dyn)]
fn size(held: Held) -> String {
    format!("{held:?}")
}

fn main() {
    println!("{}", with_root(|held| size(held)));
}
