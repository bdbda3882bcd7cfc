//! Solution: Two roles, two classes.
//!
//! hint: Does a listener ever play the part of a connected socket?
//! hint: Two roles can be two classes, with two numbers.
//! hint: `class Listener = 1;` outside of `class Socket = 2;`, and `LISTENER` is of the first.
//! fails: E0277 cannot acquire `Socket` while holding `Socket`
//! learnt: Two locks of one type of object need not be of one class. Where their roles differ, two ranks are
//!     simpler than a pair.
//!
//! why: A listener cannot become a peer, so the roles are fixed. If they were not, a pair by address would be
//!     the way.

use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Net = 60 {
        /// A socket that listens.
        class Listener = 1;
        /// A socket that is connected.
        class Socket = 2;
    }
}

static LISTENER: SpinLock<Listener, Vec<u32>> = SpinLock::new(Vec::new());
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
