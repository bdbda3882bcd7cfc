//! The one interrupt dispatcher.
//!
//! It mints the interrupt's root: nothing is known of what the interrupted code holds, so the context is
//! `HardIrq`, in which only interrupt-safe locks exist.

use core::sync::atomic::{AtomicU64, Ordering};

use lockorder::{HardIrq, Held, IrqSpinLock, Root, acquires, entry_point};

use crate::arch::cpu;
use crate::hierarchy::InterruptCounts;
use crate::mm::shoot_down;
use crate::platform::Machine;
use crate::sched::core::TICK_VECTOR;
use crate::sched::inbox::WAKE_VECTOR;
use crate::{keys, nonmaskable, sched, watchdog};

/// How often each interrupt came on each CPU, which alone counts: nobody waits for anybody.
/// Each protects one CPU's numbers; class `InterruptCounts`.
static COUNTS: [IrqSpinLock<InterruptCounts, Counts>; cpu::MAXIMUM] =
    [const { IrqSpinLock::new(Counts::NONE) }; cpu::MAXIMUM];

/// How many interrupts each CPU has taken, to be looked at without a lock.
static TAKEN: [AtomicU64; cpu::MAXIMUM] = [const { AtomicU64::new(0) }; cpu::MAXIMUM];

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

impl Counts {
    /// None came.
    const NONE: Self = Self { wake_ups: 0, ticks: 0, shoot_downs: 0, others: 0 };

    /// Both together.
    const fn plus(self, other: Self) -> Self {
        Self {
            wake_ups: self.wake_ups + other.wake_ups,
            ticks: self.ticks + other.ticks,
            shoot_downs: self.shoot_downs + other.shoot_downs,
            others: self.others + other.others,
        }
    }
}

/// Handles one interrupt.
///
/// # Safety
///
/// Called by the trap code only, once for each interrupt, interrupts counted off once.
#[entry_point(interrupt)]
pub unsafe extern "C" fn dispatch(held: Root<'_, HardIrq>, vector: u8) {
    #[cfg(feature = "checker")]
    crate::checker::in_handler(|| handle(held, vector));
    #[cfg(not(feature = "checker"))]
    handle(held, vector);
}

/// Deals with it.
fn handle(held: Root<'_, HardIrq>, vector: u8) {
    let mut held = held;
    let own = cpu::current().index();
    TAKEN[own].fetch_add(1, Ordering::Relaxed);
    held.with(&COUNTS[own], |counts, _| match vector {
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
            nonmaskable::report();
        }
        shoot_down::VECTOR => shoot_down::answer(),
        keys::VECTOR => keys::receive(),
        _ => {}
    }
}

/// How often interrupts came so far, on all CPUs.
#[acquires(InterruptCounts; irq)]
pub fn counts(held: Held) -> Counts {
    COUNTS.iter().fold(Counts::NONE, |sum, counts| sum.plus(held.with(counts, |counts, _| *counts)))
}

/// How many interrupts a CPU has taken so far.
pub fn taken_on(index: usize) -> u64 {
    TAKEN[index].load(Ordering::Relaxed)
}
