//! A kernel's side of the library, without `std`: a platform of its own, an entry point, a handler.
//!
//! The platform here counts in plain atomics what a real one does to the CPU, so that the example runs anywhere. A kernel writes the
//! same four functions with its own interrupt flag and preemption count, and calls `entry::boot` and `entry::interrupt` where
//! control enters.

#![no_std]

extern crate std;

use core::sync::atomic::{AtomicU32, Ordering};

use lockorder::{Atomic, HardIrq, IrqSpinLock, Platform, Root, SpinLock, entry, entry_point, hierarchy};

/// How often interrupts are counted off on the one CPU.
static INTERRUPTS_OFF: AtomicU32 = AtomicU32::new(0);
/// How often preemption is counted off.
static PREEMPTION_OFF: AtomicU32 = AtomicU32::new(0);

/// The machine: one CPU.
#[derive(Debug)]
enum Machine {}

// SAFETY: the one CPU runs the code below and nothing else: no interrupt comes but where `main` says so, which it does with
// interrupts counted on.
unsafe impl Platform for Machine {
    unsafe fn disable_interrupts() {
        INTERRUPTS_OFF.fetch_add(1, Ordering::Relaxed);
    }
    unsafe fn enable_interrupts() {
        INTERRUPTS_OFF.fetch_sub(1, Ordering::Relaxed);
    }
    unsafe fn disable_preemption() {
        PREEMPTION_OFF.fetch_add(1, Ordering::Relaxed);
    }
    unsafe fn enable_preemption() {
        PREEMPTION_OFF.fetch_sub(1, Ordering::Relaxed);
    }
    fn cpu() -> usize {
        0
    }
    fn relax() {
        core::hint::spin_loop();
    }
    fn oversubscribed() -> bool {
        false
    }
    fn back_off() {}
}

hierarchy! {
    /// The locks of a small kernel.
    hierarchy KERNEL, platform = Machine;
    /// Devices.
    level Device = 50 {
        /// Which devices there are.
        class Devices = 0;
        /// Bytes that have come; taken by the handler too.
        class Received = 1;
    }
}

static DEVICES: SpinLock<Devices, u32> = SpinLock::new(0);
static RECEIVED: IrqSpinLock<Received, u32> = IrqSpinLock::new(0);

/// The handler: only interrupt-safe locks exist in its context. `held.lock(&DEVICES)` here does not compile.
///
/// # Safety
///
/// Called by the dispatcher of interrupts, once for each.
#[entry_point(interrupt)]
unsafe fn on_interrupt(mut held: Root<'_, HardIrq>) {
    *held.lock(&RECEIVED) += 1;
}

/// What the first CPU does.
fn boot(mut held: Root<'_, Atomic>) {
    held.with(&DEVICES, |devices, mut held| {
        *devices = 1;
        // The inner lock turns interrupts off, so that the handler never waits for it on this CPU.
        held.with(&RECEIVED, |received, _| {
            assert_eq!(INTERRUPTS_OFF.load(Ordering::Relaxed), 1);
            *received = 0;
        });
    });
    assert_eq!((INTERRUPTS_OFF.load(Ordering::Relaxed), PREEMPTION_OFF.load(Ordering::Relaxed)), (0, 0));
}

fn main() {
    // SAFETY: this is where control enters, once, and nothing is held.
    unsafe { entry::boot(boot) }
    // SAFETY: stands for an interrupt that comes now; nothing runs on until it has returned.
    unsafe { on_interrupt() }
    // SAFETY: as above: control enters again, after the first has returned.
    let received = unsafe { entry::boot(|mut held| *held.lock(&RECEIVED)) };
    std::println!("{received} byte received; interrupts and preemption are counted on again");
}
