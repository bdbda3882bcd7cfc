//! A trait method without a body lists an inner level before an outer one. Source: the rules of `hierarchy!`.
//!
//! error[E0277]: lock order violation: cannot acquire `Filesystem` while holding `Device`
//! fix: list them outermost first

use lockorder::{Held, acquires, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

trait Storage {
    #[acquires(Device, Filesystem; dyn)]
    fn sync(&self, held: Held) -> u64;
}

fn main() {
    println!("{}", size_of::<&dyn Storage>());
}
