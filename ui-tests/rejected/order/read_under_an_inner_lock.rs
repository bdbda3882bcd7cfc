//! A reader waits for a writer as anybody waits for a holder: reading has its place in the order. Source: lockdep: a read acquisition closes a cycle as well.
//!
//! error[E0277]: lock order violation: cannot acquire `Mounts` while holding `Inode`
//! fix: read the outer lock first

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
        let mut inode = held.lock(&INODE);
        let (size, mut held) = inode.split();
        let mounts = held.read(&MOUNTS);
        *size += mounts.len();
    });
}
