//! A class is walked as a tree and sorted by key: two threads that do one each deadlock. Source: design: shown by a program.
//!
//! accepted: one class a discipline

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A directory.
        class Directory = 3, order = tree;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
