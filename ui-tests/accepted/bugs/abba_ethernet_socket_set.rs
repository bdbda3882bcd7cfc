//! The driver's interface and the set of sockets, in either order. Source: tgoskits #1009.
//!
//! accepted: one order

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// Ethernet.
        class Ethernet = 0;
        /// Socket set.
        class SocketSet = 2;
    }
}

static ETHERNET: SpinLock<Ethernet, u64> = SpinLock::new(0);
static SOCKET_SET: SpinLock<SocketSet, u64> = SpinLock::new(0);

fn receive(mut held: Root<'_, Task>) {
    held.with(&ETHERNET, |outer, mut held| *outer += *held.lock(&SOCKET_SET));
}

fn bind(mut held: Root<'_, Task>) {
    let outer = *held.lock(&ETHERNET);
    *held.lock(&SOCKET_SET) += outer;
}

fn main() {
    with_root(|mut held| {
        receive(held.reborrow());
        bind(held);
    });
}
