//! A `Ipc` lock acquired while a `Filesystem` lock is held. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Pipe` while holding `Inode`
//! fix: acquire `Pipe` first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Messages between processes.
    level Ipc = 30 {
        /// The bytes in a pipe.
        class Pipe = 0;
    }
    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 0;
    }
}

static PIPE: SpinLock<Pipe, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&INODE, |inner, mut held| {
            *inner += held.with(&PIPE, |outer, _| *outer);
        });
    });
}
