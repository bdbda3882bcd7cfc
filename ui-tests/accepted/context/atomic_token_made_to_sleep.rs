//! A token that must not sleep is turned into one that may. Source: the context's rule.
//!
//! accepted: weaken a token, never strengthen it

use lockorder::{Atomic, Root};

fn idle(mut held: Root<'_, Atomic>) -> String {
    format!("{:?}", held.to_irq_off())
}

fn main() {
    let _: fn(Root<'_, Atomic>) -> String = idle;
}
