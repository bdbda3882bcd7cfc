//! Classes are not declared outermost first. Source: the rules of `hierarchy!`.
//!
//! accepted: in increasing order

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
        /// A directory.
        class Directory = 4;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
