//! Solution: Outwards, but only try.
//!
//! hint: What makes a circle is waiting. Trying is not waiting.
//! hint: A token tries any lock with `try_lock_any`, which gives an `Option`.
//! hint: `match held.try_lock_any(&INODE) { Some(size) => …, None => false }`
//! fails: E0277 cannot acquire `Inode` while holding `Cache`
//! learnt: A lock that is only tried may lie anywhere. What is acquired after it has to lie inside of both.
//!
//! why: A thread that tries never waits, so no arrow of a circle begins there. The price is that it has to have
//!     an answer for `None`; a loop that tries for ever would be a wait by another name.

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
        match held.try_lock_any(&INODE) {
            Some(size) => {
                *pages = *size;
                true
            }
            None => false,
        }
    })
}

// ---- Nothing below this line needs to change. ----

fn main() {
    assert!(with_root(resize));
    with_root(|mut held| assert_eq!(*held.lock(&CACHE), 8));
}
