//! Do not sleep under a spin lock.
//!
//! The interface's lock spins, the socket's sleeps. The order is right, and still it does not compile.
//!
//! After bug 45 of docs/lock-bugs.md: asterinas #351, #1530, sleeping with a spin lock held.

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
    held.with(&SENT, |sent, mut held| {
        *sent += std::mem::take(&mut *held.lock(&WAITING));
    });
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(send);
    with_root(|mut held| assert_eq!(*held.lock(&SENT), 3));
    with_root(|mut held| assert_eq!(*held.lock(&WAITING), 0));
}
