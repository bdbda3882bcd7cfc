//! A thread sleeps in a raw wait queue under a spin lock, without a token. Source: an attack: `RawWaitQueue::wait` was safe.
//!
//! accepted: wait in a typed queue, with nothing held

use lockorder::{SpinLock, host, hierarchy, with_root};

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
        /// Serialising tokens.
        class Mounts = 2, order = serial;
        /// Permits.
        class Slots = 3;
    }
}

static TREE: SpinLock<Tree, u64> = SpinLock::new(0);

fn main() {
    let queue = host::WaitQueue::new();
    with_root(|mut held| {
        *held.lock(&TREE) += 1;
        queue.wait_until(&mut held, |_| true);
    });
}
