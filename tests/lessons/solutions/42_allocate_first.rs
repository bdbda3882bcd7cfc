//! Solution: Allocate before you lock.
//!
//! hint: The page is needed only where it is not there yet. Is it bad to have one too many for a moment?
//! hint: Allocate first, look then, and let the page drop where it was not needed.
//! hint: `let page = allocate(&mut held, content);` before the lock.
//! fails: E0277 cannot acquire `Reclaim` while holding `PageCache`
//! learnt: Room is made before the lock is acquired. Under the lock things are only linked.
//!
//! why: An allocation looks harmless since it nearly always returns at once. It takes locks on the day when
//!     memory is short, which is not the day of the test.

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
    let page = allocate(&mut held, content);
    held.with(&CACHE, |pages, _held| {
        if !pages.contains(&page) {
            pages.push(page);
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
