//! A thread reads what it reads already; a writer that came in between waits for the first read, and the second waits for the writer. Source: lockdep: recursive `down_read`.
//!
//! error[E0277]: lock order violation: cannot acquire `Mounts` while holding `Mounts`
//! fix: pass on what is read

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
        println!("{} of {}", paths.len(), held.read(&MOUNTS).len());
    });
}
