//! An entry point does not take the root that it mints. Source: the rules of entry points.
//!
//! accepted: take it

use lockorder::{HardIrq, Root, entry_point};

/// Handles an interrupt.
///
/// # Safety
///
/// Called once for each interrupt.
#[entry_point(interrupt)]
unsafe fn dispatch(_held: Root<'_, HardIrq>) {
    println!("interrupt");
}

fn main() {
    let _: unsafe fn() = dispatch;
}
