//! Solution: A path that no type knows.
//!
//! hint: The program panics with both classes in its message. Which one is held?
//! hint: Handlers of a table run with nothing held, whatever they are.
//! hint: Erase, and call them: the lock is theirs to acquire.
//! fails: ill lock order violation: cannot acquire
//! learnt: `held.erase()` gives a token that compares ranks when it acquires. A wrong order is an error that
//!     names both classes, and nothing hangs.
//!
//! why: The comparison is one instruction, in every build. The context stays in the type: a dynamic path cannot
//!     sleep in a handler either.

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
