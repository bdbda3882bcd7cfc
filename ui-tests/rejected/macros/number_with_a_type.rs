//! A number has a type, which says nothing. Source: the rules of `hierarchy!`.
//!
//! error: a number has no type here: leave `u64` out
//! fix: leave the type out

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40u64 {
        /// A file.
        class Inode = 3;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
