//! A class is put into a level that does not exist. Source: the rules of `hierarchy!`.
//!
//! error: unknown level `Filesystm`; declared here: `Filesystem`
//! fix: spell it right

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40;
    /// A file.
    class Inode in Filesystm = 3;
}

fn main() {
    println!("{}", LOCKS.name);
}
