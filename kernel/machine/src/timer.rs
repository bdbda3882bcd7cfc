//! Time: the time-stamp counter, and the tick of each CPU.
//!
//! Both rates are found once, at boot, by the first CPU: a time-stamp counter runs at one rate on all CPUs, and so do the
//! local APICs' timers. The counter's is what the CPU says, or is measured against the programmable interval timer; the
//! local APIC's timer is measured against the counter. Of several short measurements the best is kept (`calibration`).

use core::sync::atomic::{AtomicU64, Ordering};

use super::calibration::{self, Interval, Leaves, Rate, scale};
use super::{clock, local_apic};

/// Ticks of every CPU in a second.
pub const TICKS_PER_SECOND: u64 = 100;
/// How long one measurement takes, in microseconds.
const MEASURED: u64 = 5000;

/// Nanoseconds of a time-stamp count, times two to the power of [`SHIFT`].
static MULTIPLIER: AtomicU64 = AtomicU64::new(1 << SHIFT);
/// Leaves a multiplier of 31 bits at 2 GHz.
const SHIFT: u32 = 32;
/// What the time-stamp counter showed when the measurement began.
static START: AtomicU64 = AtomicU64::new(0);
/// Counts of a local APIC's timer between two ticks; until they are measured, those of a bus clock of 1 GHz.
static TIMER_COUNTS: AtomicU64 = AtomicU64::new(1_000_000_000 / 16 / TICKS_PER_SECOND);

/// The time-stamp counter.
#[must_use]
pub fn counter() -> u64 {
    clock::counter()
}

/// Nanoseconds since boot.
#[must_use]
pub fn nanoseconds() -> u64 {
    let counts = u128::from(counter().saturating_sub(START.load(Ordering::Relaxed)));
    let nanoseconds = (counts * u128::from(MULTIPLIER.load(Ordering::Relaxed))) >> SHIFT;
    u64::try_from(nanoseconds).unwrap_or(u64::MAX)
}

/// Finds the rates of both clocks; gives the counter's, to be shown. Once, by the first CPU, interrupts off.
#[must_use]
pub fn measure() -> Rate {
    START.store(counter(), Ordering::Relaxed);
    let ticks = u16::try_from(MEASURED * clock::HERTZ / 1_000_000).unwrap_or(u16::MAX);
    let rate = Rate::choose(&leaves(), clock::HERTZ, || calibration::best(|| clock::count_down(ticks)));
    clock::set_rate(rate.per_second);
    MULTIPLIER.store(scale(1_000_000_000, 1 << SHIFT, rate.per_second), Ordering::Relaxed);
    if let Some(interval) = calibration::best(measure_timer) {
        let per_second = scale(interval.amount, rate.per_second, interval.counts());
        TIMER_COUNTS.store(per_second / TICKS_PER_SECOND, Ordering::Relaxed);
    }
    rate
}

/// What the CPU says of the time-stamp counter.
fn leaves() -> Leaves {
    let highest = core::arch::x86_64::__cpuid(0).eax;
    let leaf = |number| (highest >= number).then(|| core::arch::x86_64::__cpuid(number));
    let (ratio, base) = (leaf(0x15), leaf(0x16));
    Leaves {
        denominator: ratio.map_or(0, |ratio| ratio.eax),
        numerator: ratio.map_or(0, |ratio| ratio.ebx),
        crystal: ratio.map_or(0, |ratio| ratio.ecx),
        base: base.map_or(0, |base| base.eax & 0xffff),
    }
}

/// Lets the local APIC's timer count for a while; none if it does not.
fn measure_timer() -> Option<Interval> {
    let look = || {
        let before = counter();
        let count = local_apic::count();
        ([before, counter()], count)
    };
    local_apic::count_down_from(u32::MAX);
    let (begin, first) = look();
    clock::wait(MEASURED);
    let (end, last) = look();
    let amount = u64::from(first.checked_sub(last)?);
    (amount > 0).then_some(Interval { begin, end, amount })
}

/// Starts this CPU's tick: an interrupt with `vector`, over and over.
pub fn start(vector: u8) {
    let counts = u32::try_from(TIMER_COUNTS.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
    local_apic::tick(vector, counts.max(1));
}
