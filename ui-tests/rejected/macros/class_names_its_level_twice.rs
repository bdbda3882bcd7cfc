//! A class inside of a level names one, too. Source: the rules of `hierarchy!`.
//!
//! error: this class is inside a level already: leave `in …` out
//! fix: leave it out

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode in Filesystem = 3;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
