//! The last reference to an inode goes while a buffer is held. Source: nesting 14 of an xv6-shaped kernel.
//!
//! accepted: release the buffer first

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and their caches.
    level Filesystem = 40 {
        /// The state of one file.
        class Inode = 3;
        /// One block.
        class Buffer = 6;
    }
}

static BUFFER: SpinLock<Buffer, u64> = SpinLock::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn drop_inode(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&BUFFER, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&INODE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| drop_inode(held.to_atomic()));
}
