//! The outer token is used while something acquired with it is held. Source: surelock hole s1: guards not tied to tokens.
//!
//! accepted: use the token that the guard gives

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
        let mut inode = held.lock(&INODE);
        let (size, mut held) = inode.split();
        *size += *held.lock(&QUEUE);
    });
}
