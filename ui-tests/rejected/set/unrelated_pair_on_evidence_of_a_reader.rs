//! Two directories are taken by a reader of the lock that keeps the tree as it is: another reader may do the same. Source: Linux: s_vfs_rename_mutex.
//!
//! error[E0599]: no method named `split_with_evidence` found for struct `ReadGuard<'_, lockorder::RwLock<Rename,
//! fix: a lock that is held exclusively

use lockorder::host::{Mutex, RwLock};
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

static RENAME: RwLock<Rename, u64> = RwLock::new(0);
static MOUNT: Mutex<Mount, u64> = Mutex::new(0);
static FROM: Mutex<Directory, u64> = Mutex::new(0);
static TO: Mutex<Directory, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        println!("{MOUNT:?}");
        let mut guard = held.read(&RENAME);
        let (count, evidence, mut held) = guard.split_with_evidence();
        *count += 1;
        println!("{:?}", held.lock_unrelated(evidence, &FROM, &TO));
    });
}
