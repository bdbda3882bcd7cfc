//! Waiting for a known time, by a hardware clock.
//!
//! Channel 2 of the programmable interval timer counts down at 1,193,182 Hz and shows when it is done. Never
//! by counting `pause`, whose cost under a hypervisor is anything.

use x86_64::instructions::port::Port;

/// Ticks of the timer in a second.
const HERTZ: u64 = 1_193_182;
/// The longest one countdown can be, in microseconds.
const LONGEST: u64 = 50_000;

/// Waits at least `microseconds`. One CPU at a time: the timer has one channel for this.
pub fn wait(microseconds: u64) {
    let mut left = microseconds;
    while left > 0 {
        let step = left.min(LONGEST);
        count_down(u16::try_from(step * HERTZ / 1_000_000 + 1).unwrap_or(u16::MAX));
        left -= step;
    }
}

/// Runs one countdown.
fn count_down(ticks: u16) {
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
        // The gate's rising edge starts the countdown.
        gate.write(rest | 1);
        while gate.read() & 0x20 == 0 {
            core::hint::spin_loop();
        }
    }
}
