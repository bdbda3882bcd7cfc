//! An entry point has bounds, which nothing checks. Source: the rules of `#[entry_point]`.
//!
//! error: an entry point is not generic, so it has no bounds
//! fix: leave `where` out

use lockorder::{HardIrq, Root, entry_point};

/// Handles an interrupt.
///
/// # Safety
///
/// Called by the one interrupt handler.
#[entry_point(interrupt)]
unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, number: u8) where u8: Copy {
    println!("{held:?} {number:?}");
}

fn main() {
    println!("{}", dispatch as *const () as usize != 0);
}
