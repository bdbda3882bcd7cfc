//! A context stands among the classes. Source: the rules of `#[acquires]`.
//!
//! accepted: after a semicolon

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

#[acquires(Inode; atomic)]
fn size(held: Held) -> String {
    format!("{held:?}")
}

fn main() {
    println!("{}", with_root(|held| size(held)));
}
