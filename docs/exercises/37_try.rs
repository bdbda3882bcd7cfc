//! Outwards, but only try.
//!
//! Resizing a cache wants the inode outside of it. It cannot wait for it there. It may try, and give up.
//!
//! After bug 27 of docs/lock-bugs.md: asterinas a6055bb09, resizing calls back into the inode.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// The size of a file.
        class Inode = 3;
        /// Its pages.
        class Cache = 9;
    }
}

static INODE: SpinLock<Inode, u32> = SpinLock::new(8);
static CACHE: SpinLock<Cache, u32> = SpinLock::new(2);

/// Makes the cache as large as the file, if the file can be asked; says whether.
fn resize(mut held: Root<'_, Task>) -> bool {
    held.with(&CACHE, |pages, mut held| {
        *pages = *held.lock(&INODE);
        true
    })
}

// ---- Nothing below this line needs to change. ----

fn main() {
    assert!(with_root(resize));
    with_root(|mut held| assert_eq!(*held.lock(&CACHE), 8));
}
