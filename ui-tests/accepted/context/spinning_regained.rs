//! With interrupts off, a token for plain spin locks is asked for. Source: the hierarchy's rule.
//!
//! accepted: contexts become stricter, never looser

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
        log(&mut held.to_atomic());
        let _off = held.to_irq_off();
        held.lock(&LOG).push(b'x');
    });
}
