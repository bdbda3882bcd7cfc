//! Solution: Copy, release, then go outside.
//!
//! hint: Is the lock of the statistics needed while the number is copied to the user?
//! hint: Take the number out into a variable.
//! hint: `let free = *held.lock(&FREE);` ends the lock at the semicolon.
//! fails: E0277 cannot acquire `AddressSpace` while holding `Statistics`
//! learnt: Take out under the lock, work outside. A copy is cheaper than a long critical section.
//!
//! why: The number is old as soon as it is copied in either version: user space sees it later still. So nothing
//!     is lost. It is the first fix to try.

use lockorder::{Held, Root, SpinLock, Task, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// The mappings of a process, and here the user's bytes.
        class AddressSpace = 0;
        /// How much memory is free.
        class Statistics = 4;
    }
}

static USER: SpinLock<AddressSpace, u64> = SpinLock::new(0);
static FREE: SpinLock<Statistics, u64> = SpinLock::new(4096);

fn tell(mut held: Root<'_, Task>) {
    let free = *held.lock(&FREE);
    copy_to_user(&mut held, free);
}

// ---- Nothing below this line needs to change. ----

#[acquires(AddressSpace; atomic)]
fn copy_to_user(held: &mut Held, value: u64) {
    *held.lock(&USER) = value;
}

fn main() {
    with_root(tell);
    assert_eq!(with_root(|mut held| *held.lock(&USER)), 4096);
}
