//! A token for interrupts off is used after they are on again. Source: the hierarchy's rule.
//!
//! error[E0505]: cannot move out of `off` because it is borrowed
//! fix: use the token while interrupts are off

use lockorder::host::Host;
use lockorder::{IrqSpinLock, hierarchy, with_root};

hierarchy! {
    hierarchy KERNEL;
    level Device = 50 {
        class Serial = 2;
    }
}

static SERIAL: IrqSpinLock<Serial, u8> = IrqSpinLock::new(0);

fn main() {
    with_root(|mut held| {
        let mut off = held.irqs_off::<Host>();
        let mut inside = off.held();
        drop(off);
        *inside.lock(&SERIAL) += 1;
    });
}
