//! The scope in which a token is held is kept beyond it. Source: a guard that is kept outlives what it says.
//!
//! error: lifetime may not live long enough
//! fix: do what is to be done inside

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
        let kept = held.with_serial_token(&MOUNTS, |mounts| mounts);
        println!("{kept:?}");
    });
}
