//! The one interrupt dispatcher.
//!
//! It mints the interrupt's root: nothing is known of what the interrupted code holds, so the context is
//! `HardIrq`, in which only interrupt-safe locks exist.

use lockorder::{HardIrq, Held, IrqSpinLock, Root, acquires, entry_point};

use crate::hierarchy::InterruptCounts;
use crate::mm::shoot_down;
use crate::platform::Machine;
use crate::sched::core::TICK_VECTOR;
use crate::sched::inbox::WAKE_VECTOR;
use crate::{keys, sched, watchdog};

/// How often each interrupt came. Protects the numbers; class `InterruptCounts`.
static COUNTS: IrqSpinLock<InterruptCounts, Counts> =
    IrqSpinLock::new(Counts { wake_ups: 0, ticks: 0, shoot_downs: 0, others: 0 });

/// How often interrupts came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Wake-ups of idle CPUs, and requests between CPUs.
    pub wake_ups: u64,
    /// Ticks.
    pub ticks: u64,
    /// Requests to forget translations.
    pub shoot_downs: u64,
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
    held.with(&COUNTS, |counts, _| match vector {
        WAKE_VECTOR => counts.wake_ups += 1,
        TICK_VECTOR => counts.ticks += 1,
        shoot_down::VECTOR => counts.shoot_downs += 1,
        _ => counts.others += 1,
    });
    let guard = held.irqs_off::<Machine>();
    match vector {
        WAKE_VECTOR => sched::core::answer(guard.evidence()),
        TICK_VECTOR => {
            sched::core::tick(guard.evidence());
            watchdog::look();
        }
        shoot_down::VECTOR => shoot_down::answer(),
        keys::VECTOR => keys::receive(),
        _ => {}
    }
}

/// How often interrupts came so far.
#[acquires(InterruptCounts; irq)]
pub fn counts(held: Held) -> Counts {
    held.with(&COUNTS, |counts, _| *counts)
}
