//! Pairs are declared for a class that is sorted. Source: the rules of `hierarchy!`.
//!
//! accepted: a tree

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
