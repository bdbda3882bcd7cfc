//! A function promises to acquire `Device` and acquires `Filesystem`. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `AnythingOutside<Queue>`
//! fix: say what it acquires

use lockorder::{Held, SpinLock, acquires, hierarchy, with_root};

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

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

#[acquires(Queue; atomic)]
fn size(held: Held) -> u64 {
    *held.lock(&INODE)
}

fn main() {
    println!("{}", with_root(|held| size(held)));
}
