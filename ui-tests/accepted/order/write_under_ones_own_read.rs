//! A reader that decides to write acquires the lock again, and waits for itself to stop reading. Source: the standard library: writing an `RwLock` under one's own read deadlocks or panics.
//!
//! accepted: the reader may become the writer

use lockorder::{SpinRwLock, hierarchy, with_root};

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

fn main() {
    with_root(|mut held| {
        let mounts = held.upgradeable(&MOUNTS);
        if mounts.is_empty() {
            mounts.upgrade().push("/");
        }
    });
}
