//! Say which context you need.
//!
//! `copy_to_user` sleeps when a page has to be brought in. `status` promises its callers that it only spins.
//!
//! After bug 43 of docs/lock-bugs.md: kerla b680f9f and others, an address space locked over a user copy.

use lockorder::host::Mutex;
use lockorder::{Held, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// The mappings of a process, and here the user's bytes.
        class AddressSpace = 0;
    }
}

static USER: Mutex<AddressSpace, u64> = Mutex::new(0);

#[acquires(AddressSpace; atomic)]
fn status(held: &mut Held, value: u64) {
    copy_to_user(held, value);
}

// ---- Nothing below this line needs to change. ----

#[acquires(AddressSpace)]
fn copy_to_user(held: &mut Held, value: u64) {
    *held.lock(&USER) = value;
}

fn main() {
    with_root(|mut held| {
        status(&mut held, 7);
        assert_eq!(*held.lock(&USER), 7);
    });
}
