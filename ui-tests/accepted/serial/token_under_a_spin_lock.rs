//! A token is acquired under a spin lock: it may have to be waited for. Source: DragonFly locking(9): spin locks may not be held when blocking.
//!
//! accepted: acquire the token first

use lockorder::blocking::SerialToken;
use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0, order = serial;
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
}

static MOUNTS: SerialToken<Mounts, u64> = SerialToken::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with_serial_token(&MOUNTS, |mounts| mounts.with(|count, _| *count += 1));
        let mut held = held.no_preempt::<lockorder::host::Host>();
        let mut held = held.held();
        held.with(&INODE, |size, _| *size += 1);
    });
}
