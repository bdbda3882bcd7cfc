//! Time: the time-stamp counter, and each CPU's timer, which interrupts once.
//!
//! Nothing ticks. Whoever needs an interrupt at a time says so with [`set_due`]; where an earlier one is due already nothing is
//! done, since programming the timer is slow under emulation: the handler of the earlier one sets the next. So a timer may
//! interrupt too early, and never late. A CPU that needs nothing is left alone.
//!
//! Both rates are found once, at boot, by the first CPU: a time-stamp counter runs at one rate on all CPUs, and so do the
//! local APICs' timers. The counter's is what the CPU says, or is measured against the programmable interval timer; the
//! local APIC's timer is measured against the counter. Of several short measurements the best is kept (`calibration`).

use core::sync::atomic::{AtomicU64, Ordering};

use super::calibration::{self, Interval, Leaves, Rate, scale};
use super::vdso::Words;
use super::{clock, cpu, local_apic};

/// How long one measurement takes, in microseconds.
const MEASURED: u64 = 5000;

/// Nanoseconds of a time-stamp count, times two to the power of [`SHIFT`].
static MULTIPLIER: AtomicU64 = AtomicU64::new(1 << SHIFT);
/// Leaves a multiplier of 31 bits at 2 GHz.
const SHIFT: u32 = 32;
/// What the time-stamp counter showed when the measurement began.
static START: AtomicU64 = AtomicU64::new(0);
/// Counts of a local APIC's timer in a nanosecond, times two to the power of [`SHIFT`]; until they are measured, those of a bus
/// clock of 1 GHz.
static TIMER_MULTIPLIER: AtomicU64 = AtomicU64::new((1 << SHIFT) / 16);

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

/// What [`nanoseconds`] computes the time from, for who computes it in user mode. It does not change after [`measure`].
#[must_use]
pub fn words() -> Words {
    Words { start: START.load(Ordering::Relaxed), multiplier: MULTIPLIER.load(Ordering::Relaxed) }
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
        TIMER_MULTIPLIER.store(scale(per_second, 1 << SHIFT, 1_000_000_000), Ordering::Relaxed);
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

/// Lets this CPU's timer interrupt it, with `vector`, when it is due. Once on each CPU.
pub fn start(vector: u8) {
    local_apic::prepare_timer(vector);
    cpu::set_timer_ready();
}

/// The counts of a timer in `nanoseconds`: not fewer, unless they are more than it counts.
fn counts(nanoseconds: u64, multiplier: u64) -> u32 {
    let counts = (u128::from(nanoseconds) * u128::from(multiplier)) >> SHIFT;
    u32::try_from(counts).unwrap_or(u32::MAX).saturating_add(1)
}

/// Has this CPU's timer interrupt it at `time`, in nanoseconds since boot, or earlier. Interrupts are off. Does nothing before
/// [`start`].
pub fn set_due(time: u64) {
    debug_assert!(
        !x86_64::instructions::interrupts::are_enabled(),
        "the timer is this CPU's own, interrupts off"
    );
    let cpu = cpu::current();
    if time < cpu.timer_due.load(Ordering::Relaxed) && cpu::is_timer_ready() {
        cpu.timer_due.store(time, Ordering::Relaxed);
        let ahead = time.saturating_sub(nanoseconds());
        local_apic::interrupt_after(counts(ahead, TIMER_MULTIPLIER.load(Ordering::Relaxed)));
    }
}

/// Notes that this CPU's timer has interrupted it: nothing is due until somebody says so again. In the handler.
pub fn has_interrupted() {
    cpu::current().timer_due.store(cpu::NEVER, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::{SHIFT, counts};

    #[test]
    fn a_timer_is_never_early_by_rounding_and_never_waits_for_ever() {
        let by_sixteen = (1 << SHIFT) / 16;
        assert_eq!(counts(0, by_sixteen), 1);
        assert_eq!(counts(1600, by_sixteen), 101);
        assert_eq!(counts(1599, by_sixteen), 100);
        assert_eq!(counts(u64::MAX, by_sixteen), u32::MAX);
    }
}
