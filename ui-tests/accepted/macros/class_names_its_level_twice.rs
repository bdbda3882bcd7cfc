//! A class inside of a level names one, too. Source: the rules of `hierarchy!`.
//!
//! accepted: leave it out

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
