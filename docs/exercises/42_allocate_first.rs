//! Allocate before you lock.
//!
//! A heap that is short of memory reclaims, and that takes locks of the file system. So nobody allocates
//! under the page cache.
//!
//! After bug 38 of docs/lock-bugs.md: moss #105, allocation in an interrupt.

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// Pages that can be reclaimed.
        class Reclaim = 5;
    }
    level Filesystem = 40 {
        /// Which pages a file has.
        class PageCache = 9;
    }
}

static RECLAIM: SpinLock<Reclaim, u32> = SpinLock::new(3);
static CACHE: SpinLock<PageCache, Vec<Box<u32>>> = SpinLock::new(Vec::new());

fn add_page(mut held: Root<'_, Task>, content: u32) {
    held.with(&CACHE, |pages, mut held| {
        if !pages.iter().any(|page| **page == content) {
            pages.push(allocate(&mut held, content));
        }
    });
}

// ---- Nothing below this line needs to change. ----

#[acquires(Reclaim; atomic)]
fn allocate(held: &mut Held, content: u32) -> Box<u32> {
    let reclaimable = &mut *held.lock(&RECLAIM);
    *reclaimable = reclaimable.saturating_sub(1);
    Box::new(content)
}

fn main() {
    with_root(|held| add_page(held, 7));
    with_root(|held| add_page(held, 7));
    with_root(|mut held| assert_eq!(held.lock(&CACHE).len(), 1));
}
