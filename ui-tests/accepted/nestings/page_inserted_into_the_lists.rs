//! A page that enters the cache is put on the list of recent pages. Source: nesting 5 of a Linux-like kernel.
//!
//! accepted: set a bit; a clock goes over them

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// Which pages were used lately.
        class PageLists = 4;
    }
    /// Files and their caches.
    level Filesystem = 40 {
        /// One page of a file.
        class Page = 4;
    }
}

static PAGE: SpinLock<Page, u64> = SpinLock::new(0);
static PAGE_LISTS: SpinLock<PageLists, u64> = SpinLock::new(0);

fn insert(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&PAGE, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&PAGE_LISTS, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| insert(held.to_atomic()));
}
