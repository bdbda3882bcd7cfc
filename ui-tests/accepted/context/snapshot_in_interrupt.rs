//! A handler copies data whose writer it may have interrupted in the middle, and copies for ever. Source: Linux, the timekeeper before `ktime_get_mono_fast_ns`.
//!
//! accepted: the lock is interrupt-safe

use lockorder::{HardIrq, IrqSeqLock, Root, hierarchy};

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

static CLOCK: IrqSeqLock<Clock, u64> = IrqSeqLock::new(0);

fn handler(mut held: Root<'_, HardIrq>) {
    println!("{}", held.snapshot(&CLOCK));
}

fn main() {
    let _: fn(Root<'_, HardIrq>) = handler;
}
