//! An entry point is generic. Source: the rules of entry points.
//!
//! error: an entry point has one form: it cannot be generic
//! fix: one form

use lockorder::{HardIrq, Root, entry_point};

/// Handles an interrupt.
///
/// # Safety
///
/// Called once for each interrupt.
#[entry_point(interrupt)]
unsafe fn dispatch<T>(held: Root<'_, HardIrq>) {
    drop(held);
}

fn main() {
    let _: unsafe fn() = dispatch;
}
