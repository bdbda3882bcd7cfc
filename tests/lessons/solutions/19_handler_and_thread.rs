//! Solution: A handler is short.
//!
//! hint: What may a handler wait for? For nothing that sleeps.
//! hint: Let the handler push into the ring, and let the thread take out what is there.
//! hint: In the thread: `let packets = std::mem::take(&mut *held.lock(&RING));`, then the interface.
//! fails: E0277 a `Sleeping` lock cannot be acquired in `HardIrq` context
//! learnt: A handler takes down what has happened. A thread does what follows from it.
//!
//! why: The holder of the interface may be the very thread that was interrupted, or one that cannot run until
//!     the handler has returned. In the real bug it was the second.

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
    held.lock(&RING).push(packet);
}

fn thread(mut held: Root<'_, Task>) {
    let packets = std::mem::take(&mut *held.lock(&RING));
    held.lock(&INTERFACE).extend(packets);
}

// ---- Nothing below this line needs to change. ----

fn main() {
    let _: fn(Root<'_, HardIrq>, u32) = handler;
    with_root(|mut held| held.lock(&RING).push(7));
    with_root(thread);
    with_root(|mut held| assert_eq!(*held.lock(&INTERFACE), [7]));
    with_root(|mut held| assert!(held.lock(&RING).is_empty()));
}
