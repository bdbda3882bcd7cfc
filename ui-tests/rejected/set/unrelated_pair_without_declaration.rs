//! Two directories are taken in whatever order, in a class that goes parent before child only. Source: Linux: renames across directories.
//!
//! error[E0277]: two unrelated locks of a class with the discipline `AlongTree` cannot be taken on evidence of `Rename`
//! fix: say in the class under which lock

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
        class Directory = 4, order = tree;
    }
}

static RENAME: Mutex<Rename, u64> = Mutex::new(0);
static MOUNT: Mutex<Mount, u64> = Mutex::new(0);
static FROM: Mutex<Directory, u64> = Mutex::new(0);
static TO: Mutex<Directory, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        let mut guard = held.lock(&RENAME);
        let (count, evidence, mut held) = guard.split_with_evidence();
        *count += 1;
        println!("{:?}", held.lock_unrelated(evidence, &FROM, &TO));
        println!("{RENAME:?} {MOUNT:?}");
    });
}
