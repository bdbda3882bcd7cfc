//! Solution: For handlers and threads.
//!
//! hint: `atomic` asks of callers that plain spin locks exist where they are. Does a handler have that?
//! hint: There is a third word for functions that take interrupt-safe locks only.
//! hint: `irq`
//! fails: E0277 `HardIrq` context does not allow plain spin locks
//! learnt: A function with `irq` may be called from everywhere, for it asks for nothing that a handler has not.
//!
//! why: The narrower the promise that a function asks for, the more callers it has. `irq` is the narrowest: an
//!     interrupt-safe lock may be acquired in every context.

use lockorder::{HardIrq, Held, IrqSpinLock, Root, acquires, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Device = 50 {
        /// Requests that are not answered.
        class Requests = 2;
    }
}

static REQUESTS: IrqSpinLock<Requests, u32> = IrqSpinLock::new(2);

#[acquires(Requests; irq)]
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
