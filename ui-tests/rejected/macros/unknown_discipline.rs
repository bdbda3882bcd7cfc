//! A discipline is named that does not exist. Source: the rules of `hierarchy!`.
//!
//! error: unknown discipline `sorted`: expected `none`, `address`, `key`, `tree` or `serial`
//! fix: one of the four

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3, order = sorted;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
