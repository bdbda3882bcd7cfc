//! Solution: A callee locks again.
//!
//! hint: A class is not inside of itself, so a lock of it cannot be acquired while one is held.
//! hint: Who holds the lock has the data. A callee that needs the data only needs no lock.
//! hint: Let `set_size` take `&mut u64`.
//! fails: E0277 cannot acquire `Inode` while holding `Inode`
//! learnt: A function that works on what is locked takes the data, not the lock. Its signature then says that
//!     the caller holds it.
//!
//! why: A `&mut` to the data is proof that the lock is held: there is no other way to one. Recursive locks
//!     would hide the question whether the data may be half changed.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Filesystem = 40 {
        /// The size of a file.
        class Inode = 3;
    }
}

static SIZE: SpinLock<Inode, u64> = SpinLock::new(512);

fn set_size(inode: &mut u64, size: u64) {
    *inode = size;
}

fn grow(mut held: Root<'_, Task>) {
    held.with(&SIZE, |inode, _held| {
        let size = *inode * 2;
        set_size(inode, size);
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(grow);
    assert_eq!(with_root(|mut held| *held.lock(&SIZE)), 1024);
}
