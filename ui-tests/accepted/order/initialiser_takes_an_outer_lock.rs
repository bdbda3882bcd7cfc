//! What makes data once takes a lock that comes before it; whoever holds that lock may be waiting for the data. Source: the C++ run-time library: deadlocks of function-local statics.
//!
//! accepted: the outer lock is taken around

use lockorder::{Once, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0;
        /// The state of a file.
        class Inode = 3;
    }
    /// Drivers.
    level Device = 50 {
        /// The time.
        class Clock = 0;
        /// The devices found.
        class Devices = 1;
    }
}

static INODE: SpinLock<Inode, usize> = SpinLock::new(0);
static DEVICES: Once<Devices, usize> = Once::new();

fn main() {
    with_root(|mut held| {
        let mut inode = held.lock(&INODE);
        let (size, mut held) = inode.split();
        let devices = held.get_or_init(&DEVICES, |_held| *size);
        println!("{devices}");
    });
}
