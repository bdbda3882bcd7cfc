//! Levels are declared, and the hierarchy has no name. Source: the rules of `hierarchy!`.
//!
//! error: levels belong to a hierarchy: begin with `hierarchy NAME;`
//! fix: name it

use lockorder::{SpinLock, hierarchy};

hierarchy! {

    /// Files.
    level Filesystem = 40 {
        /// A file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    println!("{INODE:?}");
}
