//! The one interrupt dispatcher.
//!
//! It mints the interrupt's root: nothing is known of what the interrupted code holds, so the context is
//! `HardIrq`, in which only interrupt-safe locks exist.

use lockorder::{HardIrq, Held, IrqSpinLock, Root, acquires, entry_point};

use crate::hierarchy::InterruptCounts;

/// Vector of the interrupt that wakes an idle CPU.
pub const WAKE_VECTOR: u8 = 0xf0;

/// How often the wake-up came, and how often anything else did. Protects the two numbers; class
/// `InterruptCounts`.
static COUNTS: IrqSpinLock<InterruptCounts, Counts> = IrqSpinLock::new(Counts { wake_ups: 0, others: 0 });

/// How often interrupts came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Wake-ups of idle CPUs.
    pub wake_ups: u64,
    /// Everything else.
    pub others: u64,
}

/// Handles one interrupt.
///
/// # Safety
///
/// Called by the trap code only, once for each interrupt, interrupts counted off once.
#[entry_point(interrupt)]
pub unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, vector: u8) {
    let mut held = held;
    held.with(&COUNTS, |counts, _| {
        if vector == WAKE_VECTOR {
            counts.wake_ups += 1;
        } else {
            counts.others += 1;
        }
    });
}

/// How often interrupts came so far.
#[acquires(InterruptCounts; irq)]
pub fn counts(held: Held) -> Counts {
    held.with(&COUNTS, |counts, _| *counts)
}
