//! Waiting for a known time, and the clock that others are measured against.
//!
//! Waits go by the time-stamp counter, whose rate [`set_rate`] is told: never by counting `pause`, whose cost under a
//! hypervisor is anything. The counter counts whatever the machine has, so a wait ends.
//!
//! Channel 2 of the programmable interval timer (8254) counts down at 1,193,182 Hz and shows when it is done. A machine may
//! have none: its ports then read as all ones or as zeros, and it is looked at a bounded number of times.

use core::sync::atomic::{AtomicU64, Ordering};

use x86_64::instructions::port::Port;

use super::calibration::{Interval, scale};

/// Ticks of the interval timer in a second.
pub(super) const HERTZ: u64 = 1_193_182;
/// How often a countdown is looked at before it is given up: a look takes a good part of a microsecond everywhere.
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

/// Has the interval timer count `ticks` down, and says what the time-stamp counter showed around both ends; none if the
/// timer never comes to its end. One CPU at a time: the timer has one channel for this.
pub(super) fn count_down(ticks: u16) -> Option<Interval> {
    let mut gate = Port::<u8>::new(0x61);
    let mut command = Port::<u8>::new(0x43);
    let mut channel = Port::<u8>::new(0x42);
    let [low, high] = ticks.to_le_bytes();
    // SAFETY: these are the timer's ports; channel 2 drives nothing but the loudspeaker, which stays off.
    unsafe {
        let rest = gate.read() & 0xfc;
        gate.write(rest);
        // Channel 2, both bytes, interrupt on terminal count.
        command.write(0b1011_0000);
        channel.write(low);
        channel.write(high);
        let before = counter();
        // The gate's rising edge starts the countdown.
        gate.write(rest | 1);
        let begin = [before, counter()];
        let mut not_done = begin[1];
        for _ in 0..MOST_LOOKS {
            let now = counter();
            if gate.read() & 0x20 != 0 {
                return Some(Interval { begin, end: [not_done, counter()], amount: u64::from(ticks) });
            }
            not_done = now;
        }
    }
    None
}
