//! A parameter of an entry point exists in some builds only. Source: an attack: it was passed on where it does not exist.
//!
//! error: an entry point passes its parameters on in every build
//! fix: leave the condition out

use lockorder::{HardIrq, Root, entry_point as entry};

/// Any interrupt.
///
/// # Safety
///
/// Called by the interrupt dispatcher only.
#[unsafe(no_mangle)]
#[entry(interrupt)]
unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, #[cfg(target_os = "none")] _vector: u8) {
    println!("{held:?}");
}

fn main() {}
