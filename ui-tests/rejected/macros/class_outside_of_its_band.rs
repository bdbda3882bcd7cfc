//! A class lies outside of its level. Source: the rules of `hierarchy!`.
//!
//! error: class `Inode` lies outside of its level's band: minor numbers are 0 to 63
//! fix: use 0 to 63

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 64;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
