//! The token for what may block is used while the data is reached. Source: DragonFly token(9): data must be looked at again after blocking.
//!
//! error[E0499]: cannot borrow `*mounts` as mutable more than once at a time
//! fix: reach the data before or after

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
            let mut inner = mounts.held();
            mounts.with(|mounts, _| mounts.push(1));
            inner.with(&INODE, |size, _| *size += 1);
        });
    });
}
