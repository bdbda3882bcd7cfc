//! A token that must not sleep is turned into one that may. Source: the context's rule.
//!
//! error[E0277]: cannot sleep in `Atomic` context
//! fix: weaken a token, never strengthen it

use lockorder::{Atomic, Root};

fn idle(mut held: Root<'_, Atomic>) -> String {
    format!("{:?}", held.to_task())
}

fn main() {
    let _: fn(Root<'_, Atomic>) -> String = idle;
}
