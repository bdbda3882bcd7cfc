//! Preemption goes off after interrupts did: the token would be freer than it may. Source: the context's rule.
//!
//! accepted: the other way round

use lockorder::host::Host;
use lockorder::with_root;

fn main() {
    with_root(|mut held| {
        let mut outer = held.no_preempt::<Host>();
        let mut held = outer.held();
        let inner = held.irqs_off::<Host>();
        println!("{inner:?}");
    });
}
