//! A path that no type knows.
//!
//! A table of handlers, filled at run time: which locks they acquire no type knows. Each gets a token whose
//! ceiling is a number, and a wrong order is an error value. Here they are called with a lock held, and one
//! of them is told so.
//!
//! After bug 32 of docs/lock-bugs.md: td-shim #779, a handler under the table's lock, and an exception in it.

use lockorder::host::Mutex;
use lockorder::{DynHeld, OrderViolation, Root, SpinLock, Task, hierarchy, with_root};

hierarchy! {
    hierarchy LOCKS;
    level Memory = 20 {
        /// Which pages faulted.
        class Faults = 1;
    }
    level Device = 50 {
        /// What a device has done.
        class Answers = 1;
    }
}

static FAULTS: SpinLock<Faults, u32> = SpinLock::new(0);
static DEVICE: Mutex<Answers, u32> = Mutex::new(0);

type Handler = fn(&mut DynHeld<'_, Task>) -> Result<(), OrderViolation>;

fn count_fault(held: &mut DynHeld<'_, Task>) -> Result<(), OrderViolation> {
    *held.lock(&FAULTS)? += 1;
    Ok(())
}

fn ask_device(held: &mut DynHeld<'_, Task>) -> Result<(), OrderViolation> {
    *held.lock(&DEVICE)? += 1;
    Ok(())
}

static HANDLERS: [Handler; 2] = [ask_device, count_fault];

fn exception(mut held: Root<'_, Task>) {
    let mut held = held.erase();
    let mut device = held.lock(&DEVICE).expect("nothing is held");
    let (_answers, mut held) = device.split();
    for handler in HANDLERS {
        if let Err(refused) = handler(&mut held) {
            panic!("{refused}");
        }
    }
}

// ---- Nothing below this line needs to change. ----

fn main() {
    with_root(exception);
    with_root(|mut held| assert_eq!(*held.lock(&FAULTS), 1));
    with_root(|mut held| assert_eq!(*held.lock(&DEVICE), 1));
}
