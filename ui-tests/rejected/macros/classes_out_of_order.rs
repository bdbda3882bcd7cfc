//! Classes are not declared outermost first. Source: the rules of `hierarchy!`.
//!
//! error: classes are declared outermost first: 1 comes after 3 of `Inode`
//! fix: in increasing order

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
        /// A directory.
        class Directory = 1;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
