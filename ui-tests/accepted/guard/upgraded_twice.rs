//! A reader becomes the writer, and then once more. Source: spin 0.12: an upgrade race in its `lock_api` adapter let two in.
//!
//! accepted: the writer is kept

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
        let reader = held.upgradeable(&MOUNTS);
        let mut writer = reader.upgrade();
        writer.push("/");
        writer.push("/tmp");
    });
}
