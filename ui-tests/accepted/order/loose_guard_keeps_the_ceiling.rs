//! A loose guard is released, and its inner token used as if it were not. Source: the hierarchy's rule.
//!
//! accepted: acquire further in, or drop the token as well

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
}

static DIRECTORY: SpinLock<Directory, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        println!("{DIRECTORY:?} {QUEUE:?}");
        let (inode, mut inner) = held.lock(&INODE).loosen();
        drop(inode);
        *inner.lock(&QUEUE) += 1;
    });
}
