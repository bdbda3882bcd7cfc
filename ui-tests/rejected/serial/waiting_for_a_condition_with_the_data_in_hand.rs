//! A thread waits for a notification while it has the data in hand. Source: DragonFly token(9): tsleep gives the token up.
//!
//! error[E0501]: cannot borrow `*mounts` as mutable because previous closure requires unique access
//! error[E0500]: closure requires unique access to `*mounts` but it is already borrowed
//! fix: wait between two looks

use lockorder::blocking::SerialToken;
use lockorder::host::Condvar;
use lockorder::{hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// What is mounted where.
        class Mounts = 0, order = serial;
        /// The entries of a directory.
        class Directory = 1;
        /// The state of a file.
        class Inode = 3;
    }
}

static MOUNTS: SerialToken<Mounts, Vec<u64>> = SerialToken::new(Vec::new());
static CHANGED: Condvar = Condvar::new();

fn main() {
    with_root(|mut held| {
        held.with_serial_token(&MOUNTS, |mounts| {
            mounts.with(|data, _| {
                if data.is_empty() {
                    mounts.wait(&CHANGED);
                }
            });
        });
    });
}
