//! One value for each CPU, reached with evidence that the thread stays on its CPU.
//!
//! [`CpuLocal::with`] gives this CPU's value for as long as preemption is off; [`CpuLocal::every`] gives everybody's, to sum
//! counters up. What is mutable besides atomics goes into an [`Exclusive`]: [`CpuLocal::with_mut`] gives it mutably
//! while *interrupts* are off, so that no handler of this CPU comes in between.
//!
//! **Evidence keeps it right, atomics keep it sound.** A token proves nothing ([`Held`](crate::Held)), so what is asked for
//! is evidence borrowed from a guard. Yet two things are beyond it. The closure may come back to the same value;
//! and on a host, where nothing is masked, all threads are on "CPU 0". So values are shared as
//! `T: Sync`, and an `Exclusive` has a flag that is swapped while it is in use: whoever finds it set is refused with
//! [`InUse`] and gets no second `&mut`. The swap is not contended, since only this CPU comes here.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::evidence::{IrqsOff, PreemptionOff};
use crate::platform::{MAXIMUM_CPUS, Platform};

/// One `T` for each CPU of platform `P`.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use lockorder::host::Host;
/// use lockorder::{CpuLocal, MAXIMUM_CPUS, OwnLine, with_root};
///
/// static TICKS: CpuLocal<AtomicU64, Host> =
///     CpuLocal::new([const { OwnLine::new(AtomicU64::new(0)) }; MAXIMUM_CPUS]);
/// with_root(|mut held| {
///     let guard = held.no_preempt::<Host>();
///     TICKS.with(guard.evidence(), |ticks| ticks.fetch_add(1, Ordering::Relaxed));
/// });
/// assert_eq!(TICKS.every().map(|ticks| ticks.load(Ordering::Relaxed)).sum::<u64>(), 1);
/// ```
pub struct CpuLocal<T, P> {
    values: [OwnLine<T>; MAXIMUM_CPUS],
    platform: PhantomData<fn(P) -> P>,
}

/// Evidence that this thread stays on its CPU: [`PreemptionOff`] or [`IrqsOff`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no evidence that this thread stays on its CPU",
    label = "a thread that may be moved has no data of its CPU",
    note = "evidence is borrowed from what keeps the thread there: `held.no_preempt().evidence()`, \
            `held.irqs_off().evidence()`, or a spin lock's `guard.preemption_off()`"
)]
pub trait StaysOnCpu: Copy + sealed::StaysOnCpu {}
#[diagnostic::do_not_recommend]
impl StaysOnCpu for PreemptionOff<'_> {}
#[diagnostic::do_not_recommend]
impl StaysOnCpu for IrqsOff<'_> {}

/// Keeps [`StaysOnCpu`] closed.
mod sealed {
    pub trait StaysOnCpu {}
    impl StaysOnCpu for super::PreemptionOff<'_> {}
    impl StaysOnCpu for super::IrqsOff<'_> {}
}

/// A value that shares its cache line with no other CPU's.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct OwnLine<T>(T);

impl<T> OwnLine<T> {
    /// A value on a line of its own.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T, P: Platform> CpuLocal<T, P> {
    /// One value for each CPU.
    #[must_use]
    pub const fn new(values: [OwnLine<T>; MAXIMUM_CPUS]) -> Self {
        Self { values, platform: PhantomData }
    }

    /// Calls `look` with this CPU's value. The thread stays on this CPU meanwhile.
    ///
    /// # Panics
    ///
    /// When the CPU's number is not below [`MAXIMUM_CPUS`], which no platform says.
    #[inline]
    pub fn with<E: StaysOnCpu, O>(&self, evidence: E, look: impl FnOnce(&T) -> O) -> O {
        let _ = evidence;
        look(&self.values[P::cpu()].0)
    }

    /// Everybody's values, in the order of the CPUs' numbers: to sum up what each CPU counts.
    pub fn every(&self) -> impl Iterator<Item = &T> {
        self.values.iter().map(|value| &value.0)
    }
}

impl<T, P: Platform> CpuLocal<Exclusive<T>, P> {
    /// Calls `change` with this CPU's value. The thread is neither moved nor interrupted meanwhile.
    ///
    /// # Errors
    ///
    /// [`InUse`] when `change` itself, or something it called, comes back here.
    ///
    /// # Panics
    ///
    /// When the CPU's number is not below [`MAXIMUM_CPUS`], which no platform says.
    #[inline]
    pub fn with_mut<O>(&self, evidence: IrqsOff<'_>, change: impl FnOnce(&mut T) -> O) -> Result<O, InUse> {
        self.with(evidence, |value| value.claim().map(|claim| claim.with(change)))
    }
}

impl<T, P> fmt::Debug for CpuLocal<T, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CpuLocal").finish_non_exhaustive()
    }
}

/// A value of one CPU that is changed with interrupts off; see [`CpuLocal::with_mut`].
#[derive(Default)]
pub struct Exclusive<T> {
    in_use: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a claim, of which there is one at a time; it may be another thread's next
// time, hence `T: Send`.
unsafe impl<T: Send> Sync for Exclusive<T> {}

impl<T> Exclusive<T> {
    /// A value that nobody uses.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self { in_use: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Claims the value, if nobody has.
    #[inline]
    fn claim(&self) -> Result<Claim<'_, T>, InUse> {
        if self.in_use.swap(true, Ordering::Acquire) { Err(InUse) } else { Ok(Claim(self)) }
    }
}

impl<T> fmt::Debug for Exclusive<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_use = self.in_use.load(Ordering::Relaxed);
        formatter.debug_struct("Exclusive").field("in_use", &in_use).finish_non_exhaustive()
    }
}

/// The right to a value, given back on drop, also when the closure panics.
struct Claim<'a, T>(&'a Exclusive<T>);

impl<T> Claim<'_, T> {
    /// Calls `change` with the value.
    #[inline]
    fn with<O>(self, change: impl FnOnce(&mut T) -> O) -> O {
        // SAFETY: one claim at a time, and this is it until it drops.
        change(unsafe { &mut *self.0.value.get() })
    }
}

impl<T> Drop for Claim<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.in_use.store(false, Ordering::Release);
    }
}

/// This CPU's value is in use already, further out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InUse;

impl fmt::Display for InUse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("this CPU's value is in use already; do not come back to it from within its closure")
    }
}

impl core::error::Error for InUse {}
