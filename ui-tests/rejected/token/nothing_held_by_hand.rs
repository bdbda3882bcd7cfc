//! A program claims that nothing is held at a class. Source: surelock hole s4.
//!
//! error[E0277]: `Inode` does not mean that nothing is held
//! fix: release first

use lockorder::{Ceiling, NothingHeld, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

fn wait<Outer: NothingHeld>() -> Ceiling {
    Outer::CEILING
}

impl NothingHeld for Inode {}

fn main() {
    println!("{}", wait::<Inode>());
}
