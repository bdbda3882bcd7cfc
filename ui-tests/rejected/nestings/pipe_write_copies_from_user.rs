//! A write to a pipe copies from user memory, which may fault, with the pipe held. Source: nesting 20 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `AddressSpace` while holding `Pipe`
//! fix: fill a page first, link it then

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// The mappings of one address space.
        class AddressSpace = 0;
    }
    /// Messages between processes.
    level Ipc = 30 {
        /// The bytes in one pipe.
        class Pipe = 0;
    }
}

static PIPE: SpinLock<Pipe, u64> = SpinLock::new(0);
static ADDRESS_SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn write_pipe(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&PIPE, |outer, mut held| {
        *outer += 1;
        held.with(&ADDRESS_SPACE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| write_pipe(held.to_atomic()));
}
