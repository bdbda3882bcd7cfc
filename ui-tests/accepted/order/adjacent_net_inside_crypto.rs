//! A `Net` lock acquired while a `Crypto` lock is held. Source: the hierarchy's rule.
//!
//! accepted: acquire `Socket` first

use lockorder::{SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// The network.
    level Net = 60 {
        /// A socket.
        class Socket = 0;
    }
    /// Secrets.
    level Crypto = 70 {
        /// The random pool.
        class RandomPool = 0;
    }
}

static SOCKET: SpinLock<Socket, u64> = SpinLock::new(0);
static RANDOM_POOL: SpinLock<RandomPool, u64> = SpinLock::new(0);

fn main() {
    with_root(|mut held| {
        held.with(&SOCKET, |outer, mut held| {
            *outer += held.with(&RANDOM_POOL, |inner, _| *inner);
        });
    });
}
