//! A discipline is named that does not exist. Source: the rules of `hierarchy!`.
//!
//! accepted: one of the four

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3, order = key;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
