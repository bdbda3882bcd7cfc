//! A hierarchy is there in some builds only. Source: the rules of `hierarchy!`.
//!
//! error: only documentation goes on hierarchies, levels and classes
//! fix: leave the attribute out

use lockorder::hierarchy;

hierarchy! {
    #[cfg(unix)]
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
