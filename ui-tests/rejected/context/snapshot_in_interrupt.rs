//! A handler copies data whose writer it may have interrupted in the middle, and copies for ever. Source: Linux, the timekeeper before `ktime_get_mono_fast_ns`.
//!
//! error[E0277]: lock kind violation: a `Spinning` lock cannot be acquired in `HardIrq` context
//! fix: make the lock interrupt-safe

use lockorder::{HardIrq, Root, SpinSeqLock, hierarchy};

hierarchy! {
    /// The locks of this program.
    hierarchy LOCKS;

    /// Drivers.
    level Device = 50 {
        /// The time.
        class Clock = 0;
        /// The devices found.
        class Devices = 1;
    }
}

static CLOCK: SpinSeqLock<Clock, u64> = SpinSeqLock::new(0);

fn handler(mut held: Root<'_, HardIrq>) {
    println!("{}", held.snapshot(&CLOCK));
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
}
