//! Documentation is made by a macro, and the table would be without it. Source: the rules of `hierarchy!`.
//!
//! accepted: write it out

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
