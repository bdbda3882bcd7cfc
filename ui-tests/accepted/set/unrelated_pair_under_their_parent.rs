//! A third directory is held while two others are taken, of which one may be its ancestor. Source: Linux: renames across directories.
//!
//! accepted: another class's lock is held

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
static PARENT: Mutex<Directory, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        println!("{PARENT:?} {MOUNT:?}");
        let mut guard = held.lock(&RENAME);
        let (count, evidence, mut held) = guard.split_with_evidence();
        *count += 1;
        let mut parent = held.lock(&MOUNT);
        println!("{:?}", parent.held().lock_unrelated(evidence, &FROM, &TO));
    });
}
