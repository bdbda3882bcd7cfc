//! A reader writes. Source: what reader-writer locks in C cannot refuse.
//!
//! error[E0596]: cannot borrow data in dereference of `ReadGuard
//! fix: write

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
        held.read(&MOUNTS).push("/");
    });
}
