//! An entry point does not say how control enters. Source: the hierarchy's rule.
//!
//! accepted: the way says which context the root has

use lockorder::{HardIrq, Root, entry_point as entry};

/// The timer's interrupt.
///
/// # Safety
///
/// Called by the interrupt dispatcher only.
#[unsafe(no_mangle)]
#[entry(interrupt)]
unsafe extern "C" fn tick(held: Root<'_, HardIrq>) {
    println!("{held:?}");
}

fn main() {}
