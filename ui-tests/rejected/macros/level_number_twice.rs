//! Two levels have one number. Source: the rules of `hierarchy!`.
//!
//! error: level number 40 is taken by `Filesystem`
//! fix: a number of its own

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40;
    /// Drivers.
    level Device = 40;
}

fn main() {
    println!("{}", LOCKS.name);
}
