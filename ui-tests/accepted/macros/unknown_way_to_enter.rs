//! Control enters in a way that does not exist. Source: the rules of entry points.
//!
//! accepted: one of the eight

use lockorder::{HardIrq, Root, entry_point};

/// Handles an interrupt.
///
/// # Safety
///
/// Called once for each interrupt.
#[entry_point(interrupt)]
unsafe fn dispatch(held: Root<'_, HardIrq>) {
    drop(held);
}

fn main() {
    let _: unsafe fn() = dispatch;
}
