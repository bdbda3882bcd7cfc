//! What a shared token protects is changed. Source: DragonFly token(9): shared tokens.
//!
//! error[E0277]: a share of a serialising token looks at its data and does not change it
//! fix: acquire it alone

use lockorder::blocking::SerialToken;
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

fn main() {
    with_root(|mut held| {
        held.with_shared_serial_token(&MOUNTS, |mounts| {
            mounts.with(|mounts, _| mounts.push(1));
        });
    });
}
