//! Copying between two address spaces, which may be one. Source: redox 1fadde3e.
//!
//! accepted: as a pair: one and the same is an error value

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
    let Ok(mut pair) = held.lock_pair(&CURRENT, &OTHER) else { return };
    let ([current, other], _) = pair.split();
    *current += *other;
}

fn main() {
    with_root(capture);
}
