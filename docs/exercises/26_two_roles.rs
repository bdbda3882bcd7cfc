//! Two roles, two classes.
//!
//! A listening socket has a backlog of sockets that connect. `connect` takes the listener, then the new
//! socket. `close` of a listener does the same. Both are sockets, and one class does not nest in itself.
//! They play two roles.
//!
//! After bug 5 of docs/lock-bugs.md: kerla 82e72ca, a backlog and the sockets.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Net = 60 {
        /// A socket of any kind.
        class Socket = 2;
    }
}

static LISTENER: SpinLock<Socket, Vec<u32>> = SpinLock::new(Vec::new());
static PEER: SpinLock<Socket, u32> = SpinLock::new(9);

// ---- Nothing below this line needs to change. ----

fn connect(mut held: Root<'_, Task>) {
    held.with(&LISTENER, |backlog, mut held| backlog.push(*held.lock(&PEER)));
}

fn close(mut held: Root<'_, Task>) {
    held.with(&LISTENER, |backlog, mut held| {
        backlog.clear();
        *held.lock(&PEER) = 0;
    });
}

fn main() {
    with_root(connect);
    with_root(|mut held| assert_eq!(*held.lock(&LISTENER), [9]));
    with_root(close);
}
