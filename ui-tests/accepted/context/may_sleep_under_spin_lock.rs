//! A function that may sleep is called under a spin lock. Source: asterinas #1483.
//!
//! accepted: call it outside of the lock

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

#[acquires(Queue; may_sleep)]
fn submit(held: Held) -> String {
    format!("{held:?}")
}

fn main() {
    with_root(|mut held| {
        let text = submit(held.reborrow());
        *held.lock(&INODE) += text.len() as u64;
    });
}
