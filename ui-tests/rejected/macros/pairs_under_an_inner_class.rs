//! The lock that is held over a pair lies inside of the pair. Source: the rules of `hierarchy!`.
//!
//! error[E0080]: evaluation panicked: pairs of `Directory` are taken with a lock of `Directory` held, and `Directory` does not lie outside of `Directory`
//! fix: name a class that lies outside

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A rename.
        class Rename = 0;
        /// A directory.
        class Directory = 3, order = tree, pairs under Directory;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
