//! An entry point can be called by anybody. Source: the rules of entry points.
//!
//! accepted: declare it unsafe

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
