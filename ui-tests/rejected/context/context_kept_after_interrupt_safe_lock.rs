//! A function wants a token that may spin, and gets the one inside an interrupt-safe lock. Source: redox interrupt tokens.
//!
//! error[E0277]: `IrqOff` context does not allow plain spin locks, and this needs them
//! fix: pass the token from outside of the lock

use lockorder::{Held, IrqSpinLock, SpinLock, acquires, hierarchy, with_root};

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
        class Socket = 2;
    }
}

static QUEUE: IrqSpinLock<Queue, u64> = IrqSpinLock::new(0);
static SOCKET: SpinLock<Socket, u64> = SpinLock::new(0);

#[acquires(Socket; atomic)]
fn send(held: Held) -> u64 {
    *held.lock(&SOCKET)
}

fn main() {
    with_root(|mut held| {
        held.with(&QUEUE, |queue, held| *queue += send(held));
    });
}
