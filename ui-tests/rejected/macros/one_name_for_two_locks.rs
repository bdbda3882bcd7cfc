//! Two locks are bound to one name. Source: the rules of `acquire!`.
//!
//! error: `data` names two locks: give the second another name
//! fix: two names

use lockorder::{SpinLock, acquire, hierarchy, with_root};

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
        acquire!(held => data = INODE, data = QUEUE => {
            println!("{data}");
        });
    });
}
