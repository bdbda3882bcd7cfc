//! A handler is short.
//!
//! The handler of a network card wants the interface, whose lock sleeps. It cannot wait. It leaves the
//! packet in a ring, and a thread takes it from there.
//!
//! After bug 54 of docs/lock-bugs.md: hermit fc0c5c3f, a network card waited for whose holder cannot run.

use lockorder::host::Mutex;
use lockorder::{HardIrq, IrqSpinLock, Root, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Net = 60 {
        /// The interface.
        class Interface = 0;
        /// Packets that have come.
        class Ring = 3;
    }
}

static INTERFACE: Mutex<Interface, Vec<u32>> = Mutex::new(Vec::new());
static RING: IrqSpinLock<Ring, Vec<u32>> = IrqSpinLock::new(Vec::new());

fn handler(mut held: Root<'_, HardIrq>, packet: u32) {
    held.lock(&INTERFACE).push(packet);
}

fn thread(mut held: Root<'_, Task>) {
    // Nothing to do: the handler does it.
    let _ = held.lock(&RING);
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let _: fn(Root<'_, HardIrq>, u32) = handler;
    with_root(|mut held| held.lock(&RING).push(7));
    with_root(thread);
    with_root(|mut held| assert_eq!(*held.lock(&INTERFACE), [7]));
    with_root(|mut held| assert!(held.lock(&RING).is_empty()));
}
