//! A lock is acquired under a token that ranks inside of it. Source: the order of levels holds for tokens too.
//!
//! error[E0277]: lock order violation: cannot acquire `Directory` while holding `Names`
//! fix: acquire the lock first

use lockorder::blocking::SerialToken;
use lockorder::host::Mutex;
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
static NAMES: SerialToken<Names, u64> = SerialToken::new(0);

fn main() {
    with_root(|mut held| {
        held.with_serial_token(&NAMES, |names| {
            names.held().with(&DIRECTORY, |entries, _| *entries += 1);
        });
    });
}
