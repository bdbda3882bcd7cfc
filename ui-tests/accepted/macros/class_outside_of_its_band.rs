//! A class lies outside of its level. Source: the rules of `hierarchy!`.
//!
//! accepted: use 0 to 63

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 63;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
