//! Levels are not declared outermost first. Source: the rules of `hierarchy!`.
//!
//! error: levels are declared outermost first: 30 comes after 40 of `Filesystem`
//! fix: in increasing order

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40;
    /// Pipes.
    level Ipc = 30;
}

fn main() {
    println!("{}", LOCKS.name);
}
