//! Two locks in order, the third between them. Source: the hierarchy's rule.
//!
//! accepted: acquire the pipe second

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents and children.
        class ProcessTree = 1;
    }
    /// Messages between processes.
    level Ipc = 30 {
        /// The bytes in a pipe.
        class Pipe = 0;
    }
    /// Files and directories.
    level Filesystem = 40 {
        /// The state of a file.
        class Inode = 3;
    }
}

static TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);
static PIPE: SpinLock<Pipe, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&TREE, |tree, mut held| {
            held.with(&PIPE, |bytes, mut held| {
                *tree += *bytes + *held.lock(&INODE);
            });
        });
    });
}
