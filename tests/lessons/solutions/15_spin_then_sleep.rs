//! Solution: Do not sleep under a spin lock.
//!
//! hint: The message speaks of a kind and of a context. Which lock has changed the context?
//! hint: What sleeps comes first, with no spin lock held.
//! hint: Take the packets out of the socket into a variable, then lock the interface.
//! fails: E0277 a `Sleeping` lock cannot be acquired in `Atomic` context
//! learnt: A token has two sides: what is held, and what the CPU may do. Under a spin lock nothing sleeps.
//!
//! why: A spin lock's holder keeps its CPU; others spin until it is done. If it slept, they would spin
//!     meanwhile, perhaps on the one CPU that it needs to go on.

use lockorder::host::Mutex;
use lockorder::{Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Net = 60 {
        /// A network interface.
        class Interface = 0;
        /// A socket.
        class Socket = 2;
    }
}

static SENT: SpinLock<Interface, u32> = SpinLock::new(0);
static WAITING: Mutex<Socket, u32> = Mutex::new(3);

fn send(mut held: Root<'_, Task>) {
    let waiting = std::mem::take(&mut *held.lock(&WAITING));
    *held.lock(&SENT) += waiting;
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(send);
    with_root(|mut held| assert_eq!(*held.lock(&SENT), 3));
    with_root(|mut held| assert_eq!(*held.lock(&WAITING), 0));
}
