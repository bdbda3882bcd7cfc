//! A token is offered as proof that interrupts are off; it is a ceiling and proves nothing. Source: Linux, `lockdep_assert_irqs_disabled`.
//!
//! error[E0308]: mismatched types
//! fix: take the evidence from the guard that turned them off

use lockorder::host::Host;
use lockorder::{IrqsOff, with_root};

/// Reads a register that the handler reads too.
fn status(_: IrqsOff<'_>) -> u8 {
    0
}

fn main() {
    with_root(|mut held| {
        println!("{}", status(held.irqs_off::<Host>().held()));
    });
}
