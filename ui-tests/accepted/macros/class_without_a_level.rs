//! A class stands outside of every level, and names none. Source: the rules of `hierarchy!`.
//!
//! accepted: name it

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
