//! Two guards are acquired with one token and alive together. Source: surelock hole s1.
//!
//! error[E0499]: cannot borrow `held` as mutable more than once at a time
//! fix: acquire the second with the first one's token

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
        let mut inner = held.reborrow();
        let queue = inner.lock(&QUEUE);
        println!("{}", *queue);
        drop(queue);
        drop(inode);
    });
}
