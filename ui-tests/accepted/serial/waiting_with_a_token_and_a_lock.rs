//! A thread waits for anything at all with a token, and with a lock around it, which it keeps. Source: recipes of the hierarchy: waiting has a rank too.
//!
//! accepted: hold tokens only

use lockorder::blocking::SerialToken;
use lockorder::host::{Mutex, WaitQueue};
use lockorder::{hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The entries of a directory.
        class Directory = 1;
        /// Names that are being looked up.
        class Names = 2, order = serial;
    }
}

static DIRECTORY: Mutex<Directory, u64> = Mutex::new(0);
static MOUNTS: SerialToken<Names, u64> = SerialToken::new(0);
static CHANGED: WaitQueue = WaitQueue::new();

fn main() {
    with_root(|mut held| {
        held.with(&DIRECTORY, |entries, _| *entries += 1);
        held.with_serial_token(&MOUNTS, |mounts| {
            CHANGED.wait_until(&mut mounts.held(), |_| true);
        });
    });
}
