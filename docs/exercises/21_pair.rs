//! Two of one class.
//!
//! Two address spaces are copied between. Another thread may copy the other way round, and the two may be
//! one. Acquire both at once.
//!
//! After bug 24 of docs/lock-bugs.md: redox 1fadde3e, two address spaces that are one.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// The mappings of a process.
        class AddressSpace = 0, order = address;
    }
}

type Space = SpinLock<AddressSpace, u32>;

/// Copies, and says whether these were two.
fn copy(mut held: Root<'_, Task>, from: &Space, to: &Space) -> bool {
    held.with(from, |from, mut held| {
        *held.lock(to) = *from;
    });
    true
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let (one, two) = (Space::new(1), Space::new(2));
    assert!(with_root(|held| copy(held, &one, &two)));
    assert!(!with_root(|held| copy(held, &one, &one)));
    assert_eq!(with_root(|mut held| *held.lock(&two)), 1);
}
