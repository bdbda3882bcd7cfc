//! A parameter of an entry point has no name by which it could be passed on. Source: the hierarchy's rule.
//!
//! error: name the parameter: it is passed on
//! fix: name it

use lockorder::{HardIrq, Root, entry_point as entry};

/// Any interrupt.
///
/// # Safety
///
/// Called by the interrupt dispatcher only.
#[unsafe(no_mangle)]
#[entry(interrupt)]
unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, _: u8) {
    println!("{held:?}");
}

fn main() {}
