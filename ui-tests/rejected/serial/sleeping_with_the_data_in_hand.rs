//! A sleeping lock is acquired while what a token protects is being looked at. Source: DragonFly token(9): a token is lost when its thread blocks.
//!
//! error[E0277]: lock kind violation: a `Sleeping` lock cannot be acquired in `Atomic` context
//! fix: acquire it where no reference lives

use lockorder::blocking::SerialToken;
use lockorder::host::Mutex;
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
static INODE: Mutex<Inode, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        held.with_serial_token(&MOUNTS, |mounts| {
            let count = mounts.with(|mounts, mut held| {
                held.with(&INODE, |size, _| *size += 1);
                mounts.len()
            });
            println!("{count}");
        });
    });
}
