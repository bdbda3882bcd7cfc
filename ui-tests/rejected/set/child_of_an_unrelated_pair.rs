//! A child of one of two directories is taken, which may be an ancestor of the other. Source: Linux: renames across directories.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `Directory`
//! fix: what lies further in only

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
        /// The state of a file.
        class Inode = 5;
    }
}

static RENAME: Mutex<Rename, u64> = Mutex::new(0);
static MOUNT: Mutex<Mount, u64> = Mutex::new(0);
static FROM: Mutex<Directory, u64> = Mutex::new(0);
static TO: Mutex<Directory, u64> = Mutex::new(0);
static CHILD: Mutex<Directory, u64> = Mutex::new(0);
static INODE: Mutex<Inode, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        println!("{CHILD:?} {MOUNT:?} {INODE:?}");
        let mut guard = held.lock(&RENAME);
        let (count, evidence, mut held) = guard.split_with_evidence();
        *count += 1;
        let mut both = held.lock_unrelated(evidence, &FROM, &TO).expect("two of them");
        let ([from, _to], mut held) = both.split();
        *from += *held.lock(&CHILD);
    });
}
