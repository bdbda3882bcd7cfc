//! A hierarchy is there in some builds only. Source: the rules of `hierarchy!`.
//!
//! accepted: leave the attribute out

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
