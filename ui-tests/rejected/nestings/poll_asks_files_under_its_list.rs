//! A socket that has data tells an event poll under its own lock. Source: nesting 19 of a Linux-like kernel.
//!
//! error[E0277]: lock order violation: cannot acquire `ReadyList` while holding `Socket`
//! fix: push without a lock, and wake

use lockorder::{Atomic, Held, Nothing, SpinLock, hierarchy, with_root};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Messages between processes.
    level Ipc = 30 {
        /// What an event poll will tell.
        class ReadyList = 2;
    }
    /// The network.
    level Net = 60 {
        /// One socket.
        class Socket = 2;
    }
}

static SOCKET: SpinLock<Socket, u64> = SpinLock::new(0);
static READY_LIST: SpinLock<ReadyList, u64> = SpinLock::new(0);

fn data_came(mut held: Held<'_, Nothing, Atomic>) {
    held.with(&SOCKET, |outer, mut held| {
        *outer += 1;
        held.with(&READY_LIST, |inner, _| *inner += 1);
    });
}

fn main() {
    with_root(|mut held| data_came(held.to_atomic()));
}
