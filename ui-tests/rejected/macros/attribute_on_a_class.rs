//! A class is declared in some builds only, and the table would not show it in others. Source: the rules of `hierarchy!`.
//!
//! error: only documentation goes on hierarchies, levels and classes
//! fix: declare it in all builds

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        #[cfg(unix)]
        class Inode = 3;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
