//! Room in the journal is reserved with a file held whose write-back needs room. Source: nesting 30 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `Handle` while holding `Inode`
//! fix: the handle outside of the file

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and their caches.
    level Filesystem = 40 {
        /// Room in the journal, reserved.
        class Handle = 0;
        /// The state of one file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static HANDLE: SpinLock<Handle, u64> = SpinLock::new(0);

fn modify(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&INODE, |outer, mut held| {
        *outer += 1;
        held.with(&HANDLE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| modify(held.to_atomic()));
}
