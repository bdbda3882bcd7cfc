//! A plain spin lock inside of an interrupt-safe one: its holder may be interrupted by who waits for the outer one. Source: lockdep self-test irqsafe3.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `IrqOff` context
//! fix: make the inner lock interrupt-safe as well

use lockorder::{IrqSpinLock, SpinLock, hierarchy, with_root};

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

fn main() {
    with_root(|mut held| {
        held.with(&QUEUE, |queue, mut held| *queue += *held.lock(&SOCKET));
    });
}
