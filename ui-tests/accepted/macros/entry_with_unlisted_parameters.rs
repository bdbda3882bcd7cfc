//! An entry point takes parameters that it does not list, and passes none of them on. Source: the rules of `#[entry_point]`.
//!
//! accepted: list them

use lockorder::{HardIrq, Root, entry_point};

/// Handles an interrupt.
///
/// # Safety
///
/// Called by the one interrupt handler.
#[entry_point(interrupt)]
unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, number: u8, _error: u8) {
    println!("{held:?} {number:?}");
}

fn main() {
    println!("{}", dispatch as *const () as usize != 0);
}
