//! A mutex whose waiters sleep is taken while a spin lock is held. Source: asterinas #351, #1530.
//!
//! accepted: take the mutex first

use lockorder::host::Parking;
use lockorder::{Lock, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// A network interface.
        class Interface = 0;
        /// A socket.
        class Socket = 2;
    }
}

/// A lock whose waiters sleep.
type SleepLock<L, T> = Lock<L, Parking, T>;

static INTERFACE: SpinLock<Interface, u64> = SpinLock::new(0);
static SOCKET: SleepLock<Socket, u64> = SleepLock::new(0);

fn send_packet(mut held: Root<'_, Task>) {
    let waiting = *held.lock(&SOCKET);
    *held.lock(&INTERFACE) += waiting;
}

fn main() {
    with_root(send_packet);
}
