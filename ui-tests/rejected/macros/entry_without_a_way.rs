//! An entry point does not say how control enters. Source: the hierarchy's rule.
//!
//! error: which way does control enter? one of `boot`
//! fix: name the way

use lockorder::{HardIrq, Root, entry_point as entry};

/// The timer's interrupt.
///
/// # Safety
///
/// Called by the interrupt dispatcher only.
#[unsafe(no_mangle)]
#[entry]
unsafe extern "C" fn tick(held: Root<'_, HardIrq>) {
    println!("{held:?}");
}

fn main() {}
