//! A program claims that nothing is held at a class. Source: surelock hole s4.
//!
//! accepted: release first

use lockorder::{Ceiling, Nothing, NothingHeld, hierarchy};

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

fn main() {
    println!("{}", wait::<Nothing>());
}
