//! A `Memory` lock acquired while a `Ipc` lock is held. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `AddressSpace` while holding `Pipe`
//! fix: acquire `AddressSpace` first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// The mappings of a process.
        class AddressSpace = 0;
    }
    /// Messages between processes.
    level Ipc = 30 {
        /// The bytes in a pipe.
        class Pipe = 0;
    }
}

static ADDRESS_SPACE: SpinLock<AddressSpace, u64> = SpinLock::new(0);
static PIPE: SpinLock<Pipe, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&PIPE, |inner, mut held| {
            *inner += held.with(&ADDRESS_SPACE, |outer, _| *outer);
        });
    });
}
