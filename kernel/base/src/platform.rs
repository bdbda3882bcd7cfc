//! The machine as the locks see it: `lockorder`'s [`Platform`] on this kernel's per-CPU counts.

use lockorder::Platform;

use machine::{cpu, interrupts};

/// Pauses before an oversubscribed waiter looks again, where it cannot halt.
const BACK_OFF_PAUSES: u32 = 256;

/// The machine this kernel runs on.
#[derive(Debug)]
pub enum Machine {}

// SAFETY: `interrupts::disable` clears the flag of this CPU and counts; the flag comes back when the count
// returns to 0, so no interrupt is taken between a disable and its match. A thread leaves its CPU only when it
// is switched away from: by the interrupt tail, which leaves it alone while a count is above 0, or by itself.
#[allow(unsafe_code, reason = "locks rely on the machine; the argument is beside it")]
unsafe impl Platform for Machine {
    #[inline]
    unsafe fn disable_interrupts() {
        // SAFETY: `Platform` demands of the library that whoever goes on neither sleeps nor acquires what exists with interrupts on
        // only, until `enable_interrupts`: no more is asked here.
        unsafe { interrupts::disable() }
    }

    #[inline]
    unsafe fn enable_interrupts() {
        // SAFETY: the caller pairs this with one `disable_interrupts`.
        unsafe { interrupts::enable() }
    }

    #[inline]
    unsafe fn disable_preemption() {
        // SAFETY: `Platform` demands of the library that whoever goes on does not sleep until `enable_preemption`: no more is asked here.
        unsafe { interrupts::disable_preemption() }
    }

    #[inline]
    unsafe fn enable_preemption() {
        // SAFETY: the caller pairs this with one `disable_preemption`.
        unsafe { interrupts::enable_preemption() }
    }

    fn cpu() -> usize {
        cpu::current().index().get()
    }

    #[inline]
    fn relax() {
        core::hint::spin_loop();
    }

    fn oversubscribed() -> bool {
        cpu::hypervisor_present()
    }

    /// Halts this CPU until its next interrupt, so that the host runs the one that holds the lock: where 64 virtual CPUs
    /// pause on 2 real ones, a holder that the host has preempted waits for all of them.
    fn back_off() {
        if interrupts::rest() {
            return;
        }
        for _ in 0..BACK_OFF_PAUSES {
            core::hint::spin_loop();
        }
    }

    #[cfg(feature = "checker")]
    #[inline]
    fn with_held_locks<O>(look: impl FnOnce(&lockorder::checker::HeldLocks) -> O) -> Option<O> {
        // SAFETY: null before the CPU is set up; else this thread's own, which lives as long as the thread does.
        unsafe { cpu::held_locks().as_ref() }.map(look)
    }

    #[cfg(feature = "checker")]
    fn statistics_clock() -> u64 {
        machine::timer::counter()
    }
}
