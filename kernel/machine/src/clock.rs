//! Waiting for a known time, and the clock that others are measured against.
//!
//! Waits go by the time-stamp counter, whose rate `set_rate` is told: never by counting `pause`, whose cost under a
//! hypervisor is anything. The counter counts whatever the machine has, so a wait ends.
//!
//! Channel 2 of the programmable interval timer (8254) counts down at 1,193,182 Hz. A machine may have none: its ports then
//! always read the same, and it is looked at a bounded number of times.

use core::sync::atomic::{AtomicU64, Ordering};

use x86_64::instructions::port::Port;

use super::calibration::{Interval, scale};

/// Ticks of the interval timer in a second.
pub(super) const HERTZ: u64 = 1_193_182;
/// How often a countdown is looked at before it is given up.
const MOST_LOOKS: u32 = 1_000_000;

/// Time-stamp counts in a second; until they are known, more than most CPUs have, so that waits are rather too long.
static RATE: AtomicU64 = AtomicU64::new(4_000_000_000);

/// The time-stamp counter.
pub(super) fn counter() -> u64 {
    // SAFETY: every x86_64 CPU has it, and reading it has no effect.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Says how many time-stamp counts there are in a second.
pub(super) fn set_rate(per_second: u64) {
    RATE.store(per_second, Ordering::Relaxed);
}

/// Waits at least `microseconds`.
pub fn wait(microseconds: u64) {
    let counts = scale(RATE.load(Ordering::Relaxed), microseconds, 1_000_000);
    let begin = counter();
    while counter().saturating_sub(begin) < counts {
        core::hint::spin_loop();
    }
}

/// How often the timer is asked at each end: a CPU that a host takes away meanwhile is asked again.
const LATCHES: usize = 8;

/// The interval timer's second channel, counting down from the top.
struct IntervalTimer {
    gate: Port<u8>,
    command: Port<u8>,
    channel: Port<u8>,
}

/// Where the timer stood at a moment that lies between two readings of the time-stamp counter.
struct Point {
    between: [u64; 2],
    count: u16,
}

impl IntervalTimer {
    /// Starts it. One CPU at a time.
    fn start() -> Self {
        let mut timer = Self { gate: Port::new(0x61), command: Port::new(0x43), channel: Port::new(0x42) };
        // SAFETY: these are the timer's ports; channel 2 drives nothing but the loudspeaker, which stays off.
        unsafe {
            let rest = timer.gate.read() & 0xfc;
            timer.gate.write(rest);
            // Channel 2, both bytes, interrupt on terminal count.
            timer.command.write(0b1011_0000);
            timer.channel.write(0xff);
            timer.channel.write(0xff);
            // The gate's rising edge starts the countdown.
            timer.gate.write(rest | 1);
        }
        // The count is loaded by the timer's next tick, which this takes longer than.
        timer.latch();
        timer
    }

    /// Has it hold its count, between two readings, and reads that.
    fn latch(&mut self) -> Point {
        // SAFETY: as above; the command holds the count of channel 2 until it is read.
        unsafe {
            let before = counter();
            self.command.write(0b1000_0000);
            let between = [before, counter()];
            let bytes = [self.channel.read(), self.channel.read()];
            Point { between, count: u16::from_le_bytes(bytes) }
        }
    }

    /// Where it stands, known as well as it can be.
    fn point(&mut self) -> Point {
        let mut best = self.latch();
        for _ in 1..LATCHES {
            let next = self.latch();
            if next.between[1] - next.between[0] < best.between[1] - best.between[0] {
                best = next;
            }
        }
        best
    }

    /// Whether it has counted down to zero, and from the top again.
    fn is_over(&mut self) -> bool {
        // SAFETY: as above; reading has no effect.
        unsafe { self.gate.read() & 0x20 != 0 }
    }
}

/// Lets the interval timer count for at least `ticks`, and says what the time-stamp counter showed around both ends; none
/// if the timer does not count. The ends are where this CPU looks and not where the timer comes to zero, so it does no harm
/// if a host takes the CPU away in between. One CPU at a time: the timer has one channel for this.
pub(super) fn count_down(ticks: u16) -> Option<Interval> {
    let mut timer = IntervalTimer::start();
    let first = timer.point();
    let counted = |count: u16| first.count.wrapping_sub(count);
    for _ in 0..MOST_LOOKS {
        if counted(timer.latch().count) >= ticks {
            let last = timer.point();
            let (begin, mut end) = (first.between, last.between);
            if timer.is_over() {
                // It took too long: the end may have been anywhere.
                end[0] = begin[1];
            }
            return Some(Interval { begin, end, amount: u64::from(counted(last.count)) });
        }
    }
    None
}
