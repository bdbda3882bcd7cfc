//! A token claims that everything held lies outside of a lock that is held. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `Inode`
//! fix: claim what is true

use lockorder::{SpinLock, hierarchy, with_root};

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
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&INODE, |size, mut held| {
            let mut held = held.below::<Inode>();
            *size += *held.lock(&QUEUE);
        });
    });
}
