//! Two directories are taken under a lock that does not keep the tree as it is. Source: Linux: s_vfs_rename_mutex.
//!
//! error[E0277]: two unrelated locks of a class with the discipline `AlongTreeWithPairs<Rename>` cannot be taken on evidence of `Mount`
//! fix: acquire the lock that the class names

use lockorder::host::Mutex;
use lockorder::{hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// That directories change their places.
        class Rename = 0;
        /// That file systems do.
        class Mount = 1;
        /// The entries of a directory.
        class Directory = 4, order = tree, pairs under Rename;
    }
}

static RENAME: Mutex<Rename, u64> = Mutex::new(0);
static MOUNT: Mutex<Mount, u64> = Mutex::new(0);
static FROM: Mutex<Directory, u64> = Mutex::new(0);
static TO: Mutex<Directory, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        println!("{RENAME:?} {MOUNT:?}");
        let mut guard = held.lock(&MOUNT);
        let (count, evidence, mut held) = guard.split_with_evidence();
        *count += 1;
        println!("{:?}", held.lock_unrelated(evidence, &FROM, &TO));
    });
}
