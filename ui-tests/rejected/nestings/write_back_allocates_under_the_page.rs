//! A page that is written back allocates a block, and needs the journal, with the page locked. Source: nesting 31 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `Handle` while holding `Page`
//! fix: the handle first, then the page

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and their caches.
    level Filesystem = 40 {
        /// Room in the journal, reserved.
        class Handle = 0;
        /// One page of a file.
        class Page = 4;
    }
}

static PAGE: SpinLock<Page, u64> = SpinLock::new(0);
static HANDLE: SpinLock<Handle, u64> = SpinLock::new(0);

fn write_back(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&PAGE, |outer, mut held| {
        *outer += 1;
        held.with(&HANDLE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| write_back(held.to_atomic()));
}
