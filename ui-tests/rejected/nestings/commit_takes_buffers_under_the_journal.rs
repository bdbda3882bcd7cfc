//! The commit thread goes through its list of buffers with the journal held. Source: nesting 32 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `Buffer` while holding `Journal`
//! fix: detach the list, release, then the buffers

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

fn commit(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&JOURNAL, |outer, mut held| {
        *outer += 1;
        held.with(&BUFFER, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| commit(held.to_atomic()));
}
