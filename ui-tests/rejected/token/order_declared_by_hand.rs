//! A program declares that one class comes before another. Source: lock_ordering hole l2; netstack3: hand-written relations.
//!
//! error[E0119]: conflicting implementations of trait `Before<Directory>` for type `Inode`
//! fix: let the ranks say so

use lockorder::{Before, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
}

impl Before<Directory> for Inode {}

fn order<Outer: Before<Directory>>() {}

fn main() {
    order::<Inode>();
}
