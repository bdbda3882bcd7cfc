//! `#[acquires]` lists an inner level before an outer one. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Filesystem` while holding `Device`
//! fix: list them outermost first

use lockorder::{Held, acquires, hierarchy, with_root};

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

#[acquires(Device, Filesystem)]
fn write_back(held: Held) -> String {
    format!("{held:?}")
}

fn main() {
    println!("{}", with_root(|held| write_back(held)));
}
