//! A token that is shared is acquired alone as well: two readers that try wait for each other. Source: DragonFly lwkt_token.c: exclusive after shared livelocks.
//!
//! error[E0277]: lock order violation: cannot acquire a token of `Mounts` while holding `Readers<Mounts>`
//! fix: acquire it alone from the beginning

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
            let empty = mounts.look(|mounts, _| mounts.is_empty());
            if empty {
                mounts.held().with_serial_token(&MOUNTS, |mounts| mounts.with(|mounts, _| mounts.push(1)));
            }
        });
    });
}
