//! Say what you acquire.
//!
//! `#[acquires(…)]` says what a function acquires, outermost first, and its callers are held to it. This
//! list does not say enough.
//!
//! After bug 3 of docs/lock-bugs.md: asterinas a14ac1ccb, an interface and its sockets.

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

#[acquires(Sockets; atomic)]
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
