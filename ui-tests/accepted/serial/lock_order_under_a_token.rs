//! A token orders nothing, and hides nothing: under it, locks keep the order of those outside of it. Source: the order of levels holds inside of a token.
//!
//! accepted: acquire the locks in order; the token may stand anywhere

use lockorder::blocking::SerialToken;
use lockorder::host::Mutex;
use lockorder::{hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        class Mounts = 0, order = serial;
        class Directory = 1;
        class Inode = 3;
    }
}

static MOUNTS: SerialToken<Mounts, u64> = SerialToken::new(0);
static DIRECTORY: Mutex<Directory, u64> = Mutex::new(0);
static INODE: Mutex<Inode, u64> = Mutex::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&DIRECTORY, |entries, mut held| {
            held.with_serial_token(&MOUNTS, |mounts| {
                *entries += *mounts.held().lock(&INODE);
            });
        });
    });
}
