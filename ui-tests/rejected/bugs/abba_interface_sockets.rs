//! Polling the interface goes on to its sockets; a socket went back to its interface. Source: asterinas a14ac1ccb.
//!
//! error[E0277]: lock order violation: cannot acquire `Interface` while holding `Sockets`
//! fix: leave the socket first

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// A network interface.
        class Interface = 0;
        /// Sockets.
        class Sockets = 2;
    }
}

static INTERFACE: SpinLock<Interface, u64> = SpinLock::new(0);
static SOCKETS: SpinLock<Sockets, u64> = SpinLock::new(0);

fn poll(mut held: Root<'_, Task>) {
    held.with(&INTERFACE, |outer, mut held| *outer += *held.lock(&SOCKETS));
}

fn send(mut held: Root<'_, Task>) {
    held.with(&SOCKETS, |inner, mut held| *inner += *held.lock(&INTERFACE));
}

fn main() {
    with_root(|mut held| {
        poll(held.reborrow());
        send(held);
    });
}
