//! Time: the time-stamp counter, and the tick of each CPU.
//!
//! Both are measured against the programmable interval timer once, at boot, by the first CPU: a time-stamp
//! counter runs at one rate on all CPUs, and so do the local APICs' timers.

use core::sync::atomic::{AtomicU64, Ordering};

use super::{clock, local_apic};

/// Ticks of every CPU in a second.
pub const TICKS_PER_SECOND: u64 = 100;
/// How long the measurement takes, in microseconds.
const MEASURED: u64 = 20_000;

/// Time-stamp counts in a second.
static COUNTS_PER_SECOND: AtomicU64 = AtomicU64::new(1_000_000_000);
/// What the time-stamp counter showed when the measurement began.
static START: AtomicU64 = AtomicU64::new(0);
/// Counts of a local APIC's timer between two ticks.
static TIMER_COUNTS: AtomicU64 = AtomicU64::new(0);

/// The time-stamp counter.
#[must_use]
pub fn counter() -> u64 {
    // SAFETY: every x86_64 CPU has it, and reading it has no effect.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Nanoseconds since boot.
#[must_use]
pub fn nanoseconds() -> u64 {
    let counts = u128::from(counter().saturating_sub(START.load(Ordering::Relaxed)));
    let per_second = u128::from(COUNTS_PER_SECOND.load(Ordering::Relaxed));
    u64::try_from(counts * 1_000_000_000 / per_second).unwrap_or(u64::MAX)
}

/// Measures both clocks. Once, by the first CPU, interrupts off.
pub fn measure() {
    local_apic::count_down_from(u32::MAX);
    let before = counter();
    clock::wait(MEASURED);
    let after = counter();
    let counted = u64::from(u32::MAX - local_apic::count());
    START.store(before, Ordering::Relaxed);
    COUNTS_PER_SECOND.store((after - before) * 1_000_000 / MEASURED, Ordering::Relaxed);
    TIMER_COUNTS.store(counted * 1_000_000 / MEASURED / TICKS_PER_SECOND, Ordering::Relaxed);
}

/// Starts this CPU's tick: an interrupt with `vector`, over and over.
pub fn start(vector: u8) {
    let counts = u32::try_from(TIMER_COUNTS.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
    local_apic::tick(vector, counts.max(1));
}
