//! Pairs are declared for a class that is sorted. Source: the rules of `hierarchy!`.
//!
//! error: pairs are of a tree: `order = tree, pairs under …`
//! fix: use `lock_pair`

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A rename.
        class Rename = 0;
        /// A directory.
        class Directory = 3, order = key, pairs under Rename;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
