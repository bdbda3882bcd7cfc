//! Accepting took the backlog, then the sockets; receiving does it the other way round. Source: kerla 82e72ca.
//!
//! accepted: take what is needed of the backlog, then release it

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// Sockets.
        class Sockets = 1;
        /// Backlog.
        class Backlog = 2;
    }
}

static SOCKETS: SpinLock<Sockets, u64> = SpinLock::new(0);
static BACKLOG: SpinLock<Backlog, u64> = SpinLock::new(0);

fn receive_connection(mut held: Root<'_, Task>) {
    held.with(&SOCKETS, |outer, mut held| *outer += *held.lock(&BACKLOG));
}

fn accept(mut held: Root<'_, Task>) {
    let outer = *held.lock(&SOCKETS);
    *held.lock(&BACKLOG) += outer;
}

fn main() {
    with_root(|mut held| {
        receive_connection(held.reborrow());
        accept(held);
    });
}
