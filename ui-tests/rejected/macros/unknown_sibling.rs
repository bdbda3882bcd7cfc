//! A sibling is named that does not exist. Source: the rules of `hierarchy!`.
//!
//! error: unknown class `Inod`
//! fix: spell it right

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
        /// A link.
        class Symlink = 3, sibling of Inod;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
