//! Two classes that never nest share a rank. Source: the rules of `hierarchy!`.
//!
//! error: minor number 3 of `Filesystem` is taken by `Inode`
//! fix: say `sibling of`

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
        /// A link, which is no file.
        class Symlink = 3;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
