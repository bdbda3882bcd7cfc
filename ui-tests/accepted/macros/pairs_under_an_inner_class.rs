//! The lock that is held over a pair lies inside of the pair. Source: the rules of `hierarchy!`.
//!
//! accepted: a class that lies outside

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A rename.
        class Rename = 0;
        /// A directory.
        class Directory = 3, order = tree, pairs under Rename;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
