//! An entry point does not take the root that it mints. Source: the rules of entry points.
//!
//! error: the first parameter of an entry point is its root
//! fix: take it

use lockorder::entry_point;

/// Handles an interrupt.
///
/// # Safety
///
/// Called once for each interrupt.
#[entry_point(interrupt)]
unsafe fn dispatch() {
    println!("interrupt");
}

fn main() {
    let _: unsafe fn() = dispatch;
}
