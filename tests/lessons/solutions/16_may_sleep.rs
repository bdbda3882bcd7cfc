//! Solution: Say which context you need.
//!
//! hint: Behind the semicolon stands the context that the function needs of its callers.
//! hint: `atomic`: the caller may hold spin locks. What does `copy_to_user` say?
//! hint: `#[acquires(AddressSpace; may_sleep)]`, or nothing behind the list, which means the same.
//! fails: E0277 `Atomic`
//! learnt: A function asks for the context that it needs, and not for a weaker one: `may_sleep`, `atomic` or
//!     `irq`.
//!
//! why: With `atomic`, somebody could call `status` under a spin lock, and the fault would sleep there. The
//!     promise of a signature is checked against the body.

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

#[acquires(AddressSpace; may_sleep)]
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
