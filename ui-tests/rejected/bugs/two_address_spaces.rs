//! Copying between two address spaces, which may be one. Source: redox 1fadde3e.
//!
//! error[E0277]: lock order violation: cannot acquire `AddressSpace` while holding `AddressSpace`
//! fix: as a pair: one and the same is an error value

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Address spaces.
    level Memory = 20 {
        /// The mappings of a process.
        class AddressSpace = 0, order = address;
    }
}

static CURRENT: SpinLock<AddressSpace, u64> = SpinLock::new(0);
static OTHER: SpinLock<AddressSpace, u64> = SpinLock::new(0);

fn capture(mut held: Root<'_, Task>) {
    held.with(&CURRENT, |pages, mut held| *pages += *held.lock(&OTHER));
}

fn main() {
    with_root(capture);
}
