//! Two classes have one rank, and nobody said that they never nest. Source: the rules of `hierarchy!`.
//!
//! error: minor number 3 of `Filesystem` is taken by `Inode`
//! fix: give it a rank of its own

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
        /// A page.
        class Page = 3;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
