//! Something is declared that is neither a level nor a class. Source: the rules of `hierarchy!`.
//!
//! accepted: a class

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40;
    /// A file.
    class Inode in Filesystem = 3;
}

fn main() {
    println!("{}", LOCKS.name);
}
