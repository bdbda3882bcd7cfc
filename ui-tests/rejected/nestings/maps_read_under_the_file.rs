//! A file of /proc is read with its inode held, and looks a process up. Source: nesting 24 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `ProcessTree` while holding `Inode`
//! fix: a pseudo file takes no inode lock

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Threads and processes.
    level Scheduler = 10 {
        /// Parents, children, exit states.
        class ProcessTree = 1;
    }
    /// Files and their caches.
    level Filesystem = 40 {
        /// The state of one file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static PROCESS_TREE: SpinLock<ProcessTree, u64> = SpinLock::new(0);

fn read_maps(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&INODE, |outer, mut held| {
        *outer += 1;
        held.with(&PROCESS_TREE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| read_maps(held.to_atomic()));
}
