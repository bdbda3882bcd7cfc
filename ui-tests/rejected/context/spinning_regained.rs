//! With interrupts off, a token for plain spin locks is asked for. Source: the hierarchy's rule.
//!
//! error[E0277]: `IrqOff` context does not allow plain spin locks, and this needs them
//! fix: weaken the token before interrupts go off, which is the only direction

use lockorder::{Atomic, Held, Level, SpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Device = 50 {
        class Serial = 2;
        class Log = 4;
    }
}

static LOG: SpinLock<Log, Vec<u8>> = SpinLock::new(Vec::new());

/// Writes a byte into the log.
fn log(held: &mut Held<'_, impl Level, Atomic>) {
    let _ = held;
}

fn main() {
    with_root(|mut held| {
        let mut off = held.to_irq_off();
        log(&mut off.to_atomic());
        held.lock(&LOG).push(b'x');
    });
}
