//! Something is declared that is neither a level nor a class. Source: the rules of `hierarchy!`.
//!
//! error: expected one of: `hierarchy`, `level`, `class`
//! fix: a class

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40;
    /// A file.
    lock Inode in Filesystem = 3;
}

fn main() {
    println!("{}", LOCKS.name);
}
