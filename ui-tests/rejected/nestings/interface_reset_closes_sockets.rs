//! A socket that is closed takes its interface, with itself held. Source: nesting 38 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `Interface` while holding `Socket`
//! fix: the deferred list

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// One network interface.
        class Interface = 0;
        /// One socket.
        class Socket = 2;
    }
}

static SOCKET: SpinLock<Socket, u64> = SpinLock::new(0);
static INTERFACE: SpinLock<Interface, u64> = SpinLock::new(0);

fn close_socket(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&SOCKET, |outer, mut held| {
        *outer += 1;
        held.with(&INTERFACE, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| close_socket(held.to_atomic()));
}
