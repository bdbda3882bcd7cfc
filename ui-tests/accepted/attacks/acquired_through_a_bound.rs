//! A lock is acquired and slept for without a token, under a spin lock, by a method of a sealed trait that a bound makes callable. Source: an attack: `acquire_held` was safe.
//!
//! accepted: acquire it through a token, with nothing held that may not be

use lockorder::host::Mutex;
use lockorder::{Lockable, Root, Sleeping, SpinLock, Task, hierarchy, with_root};

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

fn wait_for<M: Lockable<Class = Tree, Kind = Sleeping>>(held: &mut Root<'_, Task>, lock: &M) {
    drop(held.acquire(lock));
}

fn main() {
    with_root(|mut held| {
        wait_for(&mut held, &TREE);
        held.with(&INODE, |_, _| ());
    });
}
