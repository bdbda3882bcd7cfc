//! A block is logged: the journal first, then the buffer that it is in. Source: nesting 15 of an xv6-shaped kernel.
//!
//! accepted: the buffer lies outside of the journal

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Files and their caches.
    level Filesystem = 40 {
        /// One block.
        class Buffer = 6;
        /// The state of the journal.
        class Journal = 8;
    }
}

static JOURNAL: SpinLock<Journal, u64> = SpinLock::new(0);
static BUFFER: SpinLock<Buffer, u64> = SpinLock::new(0);

fn log_block(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&JOURNAL, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&BUFFER, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| log_block(held.to_atomic()));
}
