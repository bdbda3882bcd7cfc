//! A lock is made in a class of tokens: two disciplines in one class. Source: one discipline a class.
//!
//! error[E0277]: a lock of a class with the discipline `Serialised` is not made with `new`
//! fix: make it a token

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

static MOUNTS: Mutex<Mounts, u64> = Mutex::new(0);
static OTHERS: SerialToken<Mounts, u64> = SerialToken::new(0);

fn main() {
    println!("{MOUNTS:?} {OTHERS:?}");
    with_root(|held| println!("{held:?}"));
}
