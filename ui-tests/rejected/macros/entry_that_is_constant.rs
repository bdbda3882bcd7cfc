//! Control enters while the compiler evaluates a constant. Source: the rules of `#[entry_point]`.
//!
//! error: control does not enter a kernel while a constant is evaluated
//! fix: leave `const` out

use lockorder::{HardIrq, Root, entry_point};

/// Handles an interrupt.
///
/// # Safety
///
/// Called by the one interrupt handler.
#[entry_point(interrupt)]
const unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, number: u8) {
    println!("{held:?} {number:?}");
}

fn main() {
    println!("{}", dispatch as *const () as usize != 0);
}
