//! Solution: Say what you acquire.
//!
//! hint: What may a caller hold who reads the list? What does the body acquire?
//! hint: The list names every class that the body acquires in a place that its caller knows of, outermost
//!     first.
//! hint: `#[acquires(Interface, Sockets; atomic)]`
//! fails: E0277 cannot acquire `Interface` while holding
//! learnt: A signature says what is acquired, so that a caller three functions away is checked too.
//!
//! why: With `Sockets` alone a caller may hold the interface: then `poll` would acquire it again. The body is
//!     checked against the list, and callers against the list; nobody reads the body.

use lockorder::{Held, SpinLock, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Net = 60 {
        /// A network interface.
        class Interface = 0;
        /// Its sockets.
        class Sockets = 1;
    }
}

static INTERFACE: SpinLock<Interface, u32> = SpinLock::new(0);
static SOCKETS: SpinLock<Sockets, u32> = SpinLock::new(0);

#[acquires(Interface, Sockets; atomic)]
fn poll(held: &mut Held) {
    held.with(&INTERFACE, |packets, mut held| {
        *packets += 1;
        *held.lock(&SOCKETS) += *packets;
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(|mut held| {
        poll(&mut held);
        poll(&mut held);
        assert_eq!(*held.lock(&SOCKETS), 3);
    });
}
