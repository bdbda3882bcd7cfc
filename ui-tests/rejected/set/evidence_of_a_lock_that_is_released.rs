//! Evidence that a lock is held is used when the lock is released. Source: an attack on the library.
//!
//! error[E0505]: cannot move out of `guard` because it is borrowed
//! fix: release it afterwards

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
        let mut guard = held.lock(&RENAME);
        let (count, evidence, _held) = guard.split_with_evidence();
        *count += 1;
        drop(guard);
        println!("{evidence:?} {MOUNT:?} {FROM:?} {TO:?}");
    });
}
