//! A class stands outside of every level, and names none. Source: the rules of `hierarchy!`.
//!
//! error: a class outside of a level names it: `class Name in Level = 3;`
//! fix: name it

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40;
    /// A file.
    class Inode = 3;
}

fn main() {
    println!("{}", LOCKS.name);
}
