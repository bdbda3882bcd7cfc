//! A parameter of an entry point exists in some builds only. Source: an attack: it was passed on where it does not exist.
//!
//! accepted: the parameter is there in every build

use lockorder::{HardIrq, Root, entry_point as entry};

/// Any interrupt.
///
/// # Safety
///
/// Called by the interrupt dispatcher only.
#[unsafe(no_mangle)]
#[entry(interrupt)]
unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, _vector: u8) {
    println!("{held:?}");
}

fn main() {}
