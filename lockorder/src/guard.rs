//! The guards: what holding a lock is.
//!
//! Three ways of having acquired, three types:
//!
//! - [`Guard`]: in order. It borrows the token it was acquired with, and hands out the token for what lies
//!   further in, which borrows the guard. So the outer token is frozen while anything is held under it, and
//!   a guard cannot be waited with while an inner one lives (E0505).
//! - [`Loose`]: in order, but to be released in any order. It gave its inner token away.
//! - [`TryGuard`]: got by `try_lock_any`, perhaps out of order.
//!
//! No guard can leave its thread: release happens on the CPU and thread whose interrupt and preemption
//! counts the acquisition raised.

mod loose;
mod out_of_order;

pub use loose::Loose;
pub use out_of_order::TryGuard;

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

use crate::context::{Context, Kind, MasksInterrupts, StopsPreemption};
use crate::evidence::{IrqsOff, PreemptionOff};
use crate::held::Held;
use crate::level::Class;
use crate::lock::Lock;
use crate::raw::RawLock;

/// The context inside a lock with core `R` that was acquired in context `C`.
pub type Inside<R, C> = <<R as RawLock>::Kind as Kind>::Inside<C>;

/// What a guard carries besides the lock: invariance in every parameter, and that it stays on its thread.
pub(crate) type Mark<L, R, C> = PhantomData<(fn(L, R, C) -> (L, R, C), *mut ())>;

/// A lock of class `L`, held, acquired in order in context `C`.
///
/// Having one tells that the data is yours until it drops, and that everything held on this thread when it
/// was acquired ranks outside of `L`.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct Guard<'a, L: Class, R: RawLock, T: ?Sized, C: Context> {
    lock: &'a Lock<L, R, T>,
    mark: Mark<L, R, C>,
}

impl<'a, L: Class, R: RawLock, T: ?Sized, C: Context> Guard<'a, L, R, T, C> {
    /// Acquires; the caller has checked the bounds.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub(crate) fn acquire(lock: &'a Lock<L, R, T>) -> Self {
        lock.acquire_raw();
        Self { lock, mark: PhantomData }
    }

    /// Wraps a lock whose core this thread has just acquired.
    #[inline]
    pub(crate) const fn adopt(lock: &'a Lock<L, R, T>) -> Self {
        Self { lock, mark: PhantomData }
    }

    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&mut T, Held<'_, L, Inside<R, C>>) {
        // SAFETY: the guard holds the core, and the borrow is exclusive as `&mut self` is.
        (unsafe { &mut *self.lock.data() }, Held::mint())
    }

    /// The token for what lies further in, where the data is not needed beside it.
    #[inline]
    pub fn held(&mut self) -> Held<'_, L, Inside<R, C>> {
        Held::mint()
    }

    /// Turns it into a guard that may be released in any order, and the token that was inside it.
    ///
    /// The token keeps forbidding everything up to `L` even after the loose guard is released: it is a
    /// ceiling. A loose guard cannot be waited with.
    #[inline]
    pub fn loosen(self) -> (Loose<'a, L, R, T>, Held<'a, L, Inside<R, C>>) {
        let guard = ManuallyDrop::new(self);
        (Loose::adopt(guard.lock), Held::mint())
    }

    /// Releases the lock, runs `wait`, and acquires the lock again: what condition variables are made of.
    ///
    /// The guard is consumed, so no inner guard is alive (E0505), and the context outside of the lock may sleep.
    /// While `wait` runs nothing of this guard is held; it has no token to acquire anything with, since the
    /// outer one stays borrowed, so the order holds when the lock is acquired again.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn release_while<O>(self, wait: impl FnOnce() -> O) -> (Self, O)
    where
        C: crate::context::MaySleep,
    {
        let lock = ManuallyDrop::new(self).lock;
        // SAFETY: the guard held the lock, and its own drop was given up.
        unsafe { lock.release_raw() }
        let result = wait();
        crate::observe::reacquires::<L>();
        (Self::acquire(lock), result)
    }

    /// The lock it holds.
    #[inline]
    pub(crate) const fn lock_ref(&self) -> &'a Lock<L, R, T> {
        self.lock
    }

    /// Evidence, while the guard is borrowed, that this thread stays on its CPU.
    #[inline]
    #[must_use]
    pub fn preemption_off(&self) -> PreemptionOff<'_>
    where
        R::Kind: StopsPreemption,
    {
        PreemptionOff::mint()
    }

    /// Evidence, while the guard is borrowed, that interrupts are off on this CPU.
    #[inline]
    #[must_use]
    pub fn irqs_off(&self) -> IrqsOff<'_>
    where
        R::Kind: MasksInterrupts,
    {
        IrqsOff::mint()
    }
}

impl<L: Class, R: RawLock, T: ?Sized, C: Context> Deref for Guard<'_, L, R, T, C> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the core, so nobody else reaches the data.
        unsafe { &*self.lock.data() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, C: Context> DerefMut for Guard<'_, L, R, T, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, C: Context> Drop for Guard<'_, L, R, T, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: a guard is made by one acquisition and drops once; `loosen` and `into_lock` forget it.
        unsafe { self.lock.release_raw() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized + fmt::Debug, C: Context> fmt::Debug for Guard<'_, L, R, T, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<L: Class, R: RawLock, T: ?Sized + fmt::Display, C: Context> fmt::Display for Guard<'_, L, R, T, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
