//! A lock is acquired and slept for without a token, under a spin lock, by a method of a sealed trait that a bound makes callable. Source: an attack: `acquire_held` was safe.
//!
//! error[E0133]: call to unsafe function `lockorder::lock::sealed::Lockable::acquire_held` is unsafe and requires unsafe block
//! fix: acquire it through a token, with nothing held that may not be

use lockorder::host::Mutex;
use lockorder::{Lockable, Sleeping, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Outer.
    level Outer = 10 {
        /// An outer lock.
        class Tree = 1;
    }
    /// Inner.
    level Inner = 20 {
        /// An inner lock.
        class Inode = 1;
    }
}

static TREE: Mutex<Tree, u64> = Mutex::new(0);
static INODE: SpinLock<Inode, u64> = SpinLock::new(0);

fn wait_for<M: Lockable<Class = Tree, Kind = Sleeping>>(lock: &M) {
    lock.acquire_held();
}

fn main() {
    with_root(|mut held| {
        held.with(&INODE, |_, _| wait_for(&TREE));
    });
}
