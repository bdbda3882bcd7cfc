//! A rename locks two inodes as it meets them. Source: maestro 1b213e1b; asterinas 68aebe417.
//!
//! error[E0277]: lock order violation: cannot acquire `Inode` while holding `Inode`
//! fix: as a pair, sorted by number

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3, order = key;
    }
}

static SOURCE: SpinLock<Inode, u64> = SpinLock::with_key(2, 0);
static TARGET: SpinLock<Inode, u64> = SpinLock::with_key(7, 0);

fn rename(mut held: Root<'_, Task>) {
    held.with(&SOURCE, |links, mut held| *links += *held.lock(&TARGET));
}

fn main() {
    with_root(rename);
}
