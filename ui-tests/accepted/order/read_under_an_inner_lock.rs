//! A reader waits for a writer as anybody waits for a holder: reading has its place in the order. Source: lockdep: a read acquisition closes a cycle as well.
//!
//! accepted: the outer lock is read first

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
        let mut mounts = held.read(&MOUNTS);
        let (mounts, mut held) = mounts.split();
        let mut size = held.lock(&INODE);
        *size += mounts.len();
    });
}
