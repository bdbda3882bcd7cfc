//! Pages of a file are pushed into a pipe while they are locked. Source: nesting 21 of a Linux-like kernel.
//!
//! accepted: take references, release, push

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Messages between processes.
    level Ipc = 30 {
        /// The bytes in one pipe.
        class Pipe = 0;
    }
    /// Files and their caches.
    level Filesystem = 40 {
        /// One page of a file.
        class Page = 4;
    }
}

static PAGE: SpinLock<Page, u64> = SpinLock::new(0);
static PIPE: SpinLock<Pipe, u64> = SpinLock::new(0);

fn splice(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&PAGE, |outer, mut held| {
        *outer += 1;
        let _ = held.reborrow();
    });
    held.with(&PIPE, |inner, _| *inner += 1);
}

fn main() {
    with_root(|mut held| splice(held.to_atomic()));
}
