//! A `Device` lock acquired while a `Net` lock is held. Source: the hierarchy's rule.
//!
//! error[E0277]: lock order violation: cannot acquire `Queue` while holding `Socket`
//! fix: acquire `Queue` first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The requests of a device.
        class Queue = 0;
    }
    /// The network.
    level Net = 60 {
        /// A socket.
        class Socket = 0;
    }
}

static QUEUE: SpinLock<Queue, u64> = SpinLock::new(0);
static SOCKET: SpinLock<Socket, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&SOCKET, |inner, mut held| {
            *inner += held.with(&QUEUE, |outer, _| *outer);
        });
    });
}
