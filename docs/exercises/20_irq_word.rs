//! For handlers and threads.
//!
//! `complete` is called by a handler and by a thread that gives up. It acquires an interrupt-safe lock only,
//! so both may call it, but its signature says that it may be called where one may spin.
//!
//! After bug 15 of docs/lock-bugs.md: asterinas c875201c3, block requests and their interrupt.

use lockorder::{HardIrq, Held, IrqSpinLock, Root, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        /// Requests that are not answered.
        class Requests = 2;
    }
}

static REQUESTS: IrqSpinLock<Requests, u32> = IrqSpinLock::new(2);

#[acquires(Requests; atomic)]
fn complete(held: &mut Held) {
    *held.lock(&REQUESTS) -= 1;
}

// ---- Nothing below this line needs to change. ----

fn handler(mut held: Root<'_, HardIrq>) {
    complete(&mut held);
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
    with_root(|mut held| {
        complete(&mut held);
        assert_eq!(*held.lock(&REQUESTS), 1);
    });
}
