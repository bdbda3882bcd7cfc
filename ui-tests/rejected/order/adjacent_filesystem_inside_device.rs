//! A `Filesystem` lock acquired while a `Device` lock is held. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `Queue`
//! fix: acquire `Inode` first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 0;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&QUEUE, |inner, mut held| {
            *inner += held.with(&INODE, |outer, _| *outer);
        });
    });
}
