//! Levels are not declared outermost first. Source: the rules of `hierarchy!`.
//!
//! accepted: in increasing order

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 20;
    /// Pipes.
    level Ipc = 30;
}

fn main() {
    println!("{}", LOCKS.name);
}
