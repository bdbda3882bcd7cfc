//! A plain spin lock inside of an interrupt-safe one: its holder may be interrupted by who waits for the outer one. Source: lockdep self-test irqsafe3.
//!
//! accepted: make the inner lock interrupt-safe as well

use lockorder::{IrqSpinLock, hierarchy, with_root};

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
static SOCKET: IrqSpinLock<Socket, u64> = IrqSpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&QUEUE, |queue, mut held| *queue += *held.lock(&SOCKET));
    });
}
