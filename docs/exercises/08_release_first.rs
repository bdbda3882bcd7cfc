//! Copy, release, then go outside.
//!
//! Statistics of memory are copied to the user. A copy to user memory may fault, and the fault takes the
//! address space, which lies outside of the statistics.
//!
//! After bug 41 of docs/lock-bugs.md: maestro 2ec3da8f, statistics copied to user memory under their lock.

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
    held.with(&FREE, |free, mut held| copy_to_user(&mut held, *free));
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
