//! A sibling does not share its rank. Source: the rules of `hierarchy!`.
//!
//! accepted: the same number

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
        /// A link.
        class Symlink = 3, sibling of Inode;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
