//! A buffer is looked up in the cache while another one is held. Source: nesting 11 of an xv6-shaped kernel.
//!
//! accepted: look up first, then lock the buffer

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and their caches.
    level Filesystem = 40 {
        /// Which block is in which buffer.
        class BufferCache = 5;
        /// One block.
        class Buffer = 6;
    }
}

static BUFFER: SpinLock<Buffer, u64> = SpinLock::new(0);
static BUFFER_CACHE: SpinLock<BufferCache, u64> = SpinLock::new(0);

fn read(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&BUFFER, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&BUFFER_CACHE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| read(held.to_atomic()));
}
