//! Documentation is made by a macro, and the table would be without it. Source: the rules of `hierarchy!`.
//!
//! error: documentation goes into the table, which needs its text
//! fix: write it out

use lockorder::hierarchy;

hierarchy! {
    #[doc = concat!("The locks", " of this program.")]
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
