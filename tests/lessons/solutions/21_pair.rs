//! Solution: Two of one class.
//!
//! hint: The class says how two of it are ordered: by address. Which function sorts them?
//! hint: `held.lock_pair(from, to)` gives a `Result`: the same lock twice is an error.
//! hint: `let Ok(mut both) = held.lock_pair(from, to) else { return false };` and then `both.split()`.
//! fails: E0277 cannot acquire `AddressSpace` while holding `AddressSpace`
//! learnt: Two locks of one class are acquired at once, in the class's order. One lock named twice is an error
//!     value, and no hang.
//!
//! why: Sorted by address, both directions acquire the same lock first. The data comes back in the order in
//!     which the locks were named.

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
    let Ok(mut both) = held.lock_pair(from, to) else { return false };
    let ([from, to], _held) = both.split();
    *to = *from;
    true
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let (one, two) = (Space::new(1), Space::new(2));
    assert!(with_root(|held| copy(held, &one, &two)));
    assert!(!with_root(|held| copy(held, &one, &one)));
    assert_eq!(with_root(|mut held| *held.lock(&two)), 1);
}
