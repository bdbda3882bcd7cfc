//! A reader waits for the others to leave while it holds an inner lock that one of them waits for. Source: Linux, whose `rw_semaphore` has a downgrade and no upgrade.
//!
//! error[E0505]: cannot move out of `mounts` because it is borrowed
//! fix: release the inner lock first

use lockorder::{SpinLock, SpinRwLock, hierarchy, with_root};

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
}

static MOUNTS: SpinRwLock<Mounts, Vec<&str>> = SpinRwLock::new(Vec::new());
static INODE: SpinLock<Inode, usize> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut mounts = held.upgradeable(&MOUNTS);
        let (paths, mut held) = mounts.split();
        let mut size = held.lock(&INODE);
        *size = paths.len();
        mounts.upgrade().push("/");
        drop(size);
    });
}
