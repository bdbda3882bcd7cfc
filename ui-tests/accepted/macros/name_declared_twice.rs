//! Two classes have one name. Source: the rules of `hierarchy!`.
//!
//! accepted: two names

use lockorder::hierarchy;

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;
    /// Files.
    level Filesystem = 40 {
        /// A block.
        class Buffer = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// A request.
        class Request = 0;
    }
}

fn main() {
    println!("{}", LOCKS.name);
}
