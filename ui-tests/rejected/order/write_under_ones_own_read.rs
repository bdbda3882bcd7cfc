//! A reader that decides to write acquires the lock again, and waits for itself to stop reading. Source: the standard library: writing an `RwLock` under one's own read deadlocks or panics.
//!
//! error[E0277]: lock order violation: cannot acquire `Mounts` while holding `Mounts`
//! fix: read with the right to write later

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
        let mut mounts = held.read(&MOUNTS);
        let (paths, mut held) = mounts.split();
        if paths.is_empty() {
            held.write(&MOUNTS).push("/");
        }
    });
}
