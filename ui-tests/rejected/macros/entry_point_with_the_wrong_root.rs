//! An interrupt is entered with the root of a thread. Source: the rules of entry points.
//!
//! error[E0308]: mismatched types
//! fix: the context of that entry

use lockorder::{Root, Task, entry_point};

/// Handles an interrupt.
///
/// # Safety
///
/// Called once for each interrupt.
#[entry_point(interrupt)]
unsafe fn dispatch(held: Root<'_, Task>) {
    drop(held);
}

fn main() {
    let _: unsafe fn() = dispatch;
}
