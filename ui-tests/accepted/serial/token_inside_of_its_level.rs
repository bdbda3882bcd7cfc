//! A token is acquired under a lock that ranks inside of its class. Source: the order of levels holds for tokens too.
//!
//! accepted: acquire the token first

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
        let size = held.with(&INODE, |size, _| *size);
        held.with_serial_token(&MOUNTS, |mounts| mounts.with(|mounts, _| mounts.push(size)));
    });
}
