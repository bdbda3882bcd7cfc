//! A thread waits for a notification while it has the data in hand. Source: DragonFly token(9): tsleep gives the token up.
//!
//! accepted: wait between two looks

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
            while mounts.look(|data, _| data.is_empty()) {
                mounts.wait(&CHANGED);
            }
        });
    });
}
