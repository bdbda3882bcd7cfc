//! Data that each CPU has for itself.
//!
//! No lock: a CPU touches its own value only, with interrupts off, and shows the evidence for that. Nothing else
//! runs on the CPU meanwhile; what could still come back to the value is the closed code itself, which is checked.

use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use lockorder::IrqsOff;

use crate::arch::cpu;

/// One CPU's value, on cache lines of its own.
#[repr(align(64))]
struct Place<T> {
    value: UnsafeCell<T>,
    /// Whether closed code is in: it must not come back.
    busy: AtomicBool,
}

/// A `T` for each CPU.
pub(crate) struct CpuLocal<T>([Place<T>; cpu::MAXIMUM]);

// SAFETY: each place is touched by its own CPU only, interrupts off; values may be made on one CPU and used on
// another, hence `Send`.
unsafe impl<T: Send> Sync for CpuLocal<T> {}

impl<T> fmt::Debug for CpuLocal<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CpuLocal")
    }
}

/// A value that is being used: no longer when this drops, also when the closed code panics.
struct Use<'a>(&'a AtomicBool);

impl Drop for Use<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Something that each CPU can have, and what it is at first.
pub(crate) trait Initial {
    /// What every CPU begins with.
    const INITIAL: Self;
}

impl<T: Initial> CpuLocal<T> {
    /// The initial value for each CPU.
    pub(crate) const fn new() -> Self {
        Self(
            [const { Place { value: UnsafeCell::new(T::INITIAL), busy: AtomicBool::new(false) } };
                cpu::MAXIMUM],
        )
    }
}

impl<T> CpuLocal<T> {
    /// Runs closed code on this CPU's value.
    ///
    /// # Panics
    ///
    /// When the closed code comes back to the value.
    pub(crate) fn with<O>(&self, evidence: IrqsOff<'_>, closed: impl FnOnce(&mut T) -> O) -> O {
        self.try_with(evidence, closed).expect("closed code came back to the value of its CPU")
    }

    /// Runs closed code on this CPU's value; `None` while closed code is in it, which a fault may have interrupted.
    pub(crate) fn try_with<O>(&self, _evidence: IrqsOff<'_>, closed: impl FnOnce(&mut T) -> O) -> Option<O> {
        let place = &self.0[cpu::current().index()];
        if place.busy.swap(true, Ordering::Relaxed) {
            return None;
        }
        let _use = Use(&place.busy);
        // SAFETY: this CPU's own place; interrupts are off, so nothing else runs on this CPU until `closed` ends, and
        // `closed` does not come back here (checked above).
        Some(closed(unsafe { &mut *place.value.get() }))
    }
}
