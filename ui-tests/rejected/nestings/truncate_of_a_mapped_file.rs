//! A file is cut while it is mapped: its pages are held, and every address space that maps them is wanted. Source: nesting 3 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `AddressSpace` while holding `Page`
//! fix: collect under the page, shoot down after

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
        /// One page of a file.
        class Page = 4;
    }
}

static PAGE: SpinLock<Page, u64> = SpinLock::new(0);
static ADDRESS_SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn truncate(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&PAGE, |outer, mut held| {
        *outer += 1;
        held.with(&ADDRESS_SPACE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| truncate(held.to_atomic()));
}
