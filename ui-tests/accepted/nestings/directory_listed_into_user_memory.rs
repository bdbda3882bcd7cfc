//! A directory is listed straight into user memory, with the directory held. Source: nesting 26 of a Linux-like kernel.
//!
//! accepted: list into a page, copy after

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// The mappings of one address space.
        class AddressSpace = 0;
    }
    /// Files and their caches.
    level Filesystem = 40 {
        /// The state of one file.
        class Inode = 3;
    }
}

static INODE: SpinLock<Inode, u64> = SpinLock::new(0);
static ADDRESS_SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn list(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&INODE, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&ADDRESS_SPACE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| list(held.to_atomic()));
}
