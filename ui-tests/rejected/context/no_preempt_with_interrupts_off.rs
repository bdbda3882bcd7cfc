//! Preemption goes off after interrupts did: the token would be freer than it may. Source: the context's rule.
//!
//! error[E0277]: `IrqOff` context does not allow plain spin locks, and this needs them
//! fix: the other way round

use lockorder::host::Host;
use lockorder::with_root;

fn main() {
    with_root(|mut held| {
        let mut outer = held.irqs_off::<Host>();
        let mut held = outer.held();
        let inner = held.no_preempt::<Host>();
        println!("{inner:?}");
    });
}
