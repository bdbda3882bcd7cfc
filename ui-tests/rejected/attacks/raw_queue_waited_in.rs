//! A thread sleeps in a raw wait queue under a spin lock, without a token. Source: an attack: `RawWaitQueue::wait` was safe.
//!
//! error[E0133]: call to unsafe function `wait` is unsafe and requires unsafe block
//! fix: wait in a typed queue, with nothing held

use lockorder::blocking::{Patience, RawWaitQueue, Waiting};
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
    let queue = host::RawWaitQueue::INIT;
    with_root(|mut held| {
        *held.lock(&TREE) += 1;
        queue.wait(&Waiting::here(Patience::ForEver), &mut || true);
    });
}
