//! A program writes a level of its own, without `hierarchy!`. Source: ordered-locks hole o4: safe traits.
//!
//! accepted: declare it in `hierarchy!`

use lockorder::{Level, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

type Anywhere = Inode;

fn main() {
    println!("{}", <Anywhere as Level>::CEILING);
}
