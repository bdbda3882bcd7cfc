//! Two levels have one number. Source: the rules of `hierarchy!`.
//!
//! accepted: a number of its own

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40;
    /// Drivers.
    level Device = 50;
}

fn main() {
    println!("{}", LOCKS.name);
}
