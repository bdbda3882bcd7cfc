//! The guards: what holding a lock is.
//!
//! Several ways of having acquired, one type each:
//!
//! - [`Guard`]: in order. It borrows the token it was acquired with, and hands out the token for what lies
//!   further in, which borrows the guard. So the outer token is frozen while anything is held under it, and
//!   a guard cannot be waited with while an inner one lives (E0505).
//! - [`MappedGuard`]: a guard for a part of the data.
//! - [`Loose`]: in order, but to be released in any order. It gave its inner token away.
//! - [`TryGuard`]: got by `try_lock_any`, perhaps out of order.
//! - `ArcGuard` (feature `alloc`): in order, and it owns a reference to its lock.
//!
//! No guard can leave its thread: release happens on the CPU and thread whose interrupt and preemption
//! counts the acquisition raised.
//!
//! A guard's type names the lock's type first, then what was held when it was acquired and the context then, with defaults
//! for a thread that held nothing: `Guard<'_, Mutex<Inode, Size>>`.

mod loose;
mod mapped;
mod out_of_order;
#[cfg(feature = "alloc")]
mod owning;

pub use loose::Loose;
pub use mapped::MappedGuard;
pub use out_of_order::TryGuard;
#[cfg(feature = "alloc")]
pub use owning::ArcGuard;

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

use crate::context::{Context, Kind, MasksInterrupts, MaySleep, StopsPreemption, Task};
use crate::evidence::{HeldExclusively, IrqsOff, PreemptionOff};
use crate::held::{Held, StaysOnItsThread};
use crate::level::{Class, Level, Nothing};
use crate::lock::{Lock, Lockable};
use crate::raw::RawLock;

/// The context inside a lock with core `R` that was acquired in context `C`.
pub type Inside<R, C> = <<R as RawLock>::Kind as Kind>::Inside<C>;

/// What a guard of a lock of type `M` carries besides the lock: invariance in every parameter, and that it stays on its thread.
pub(crate) type Mark<M, X> = PhantomData<(fn(*const M) -> *const M, fn(X) -> X, StaysOnItsThread)>;

/// A lock of type `M`, held, acquired in order with `H` held, in context `C`.
///
/// Having one tells that the data is yours until it drops, and that everything held on this thread when it
/// was acquired ranks at `H` or outside of it, and so outside of the lock's class.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct Guard<'a, M: Lockable + ?Sized, H: Level = Nothing, C: Context = Task> {
    lock: &'a M,
    mark: Mark<M, (H, C)>,
}

impl<'a, M: Lockable + ?Sized, H: Level, C: Context> Guard<'a, M, H, C> {
    /// Acquires; the caller has checked the bounds.
    #[inline]
    #[cfg_attr(feature = "checker", track_caller)]
    pub(crate) fn acquire(lock: &'a M) -> Self {
        // SAFETY: whoever calls this borrows the token mutably for as long as the guard lives, and has checked the bounds: the
        // rank and the kind of the lock.
        unsafe { lock.acquire_held() };
        Self::adopt(lock)
    }

    /// Wraps a lock whose core this thread has just acquired.
    #[inline]
    pub(crate) const fn adopt(lock: &'a M) -> Self {
        Self { lock, mark: PhantomData }
    }

    /// The lock, without releasing it: the caller takes the release over.
    #[inline]
    pub(crate) fn into_lock(self) -> &'a M {
        ManuallyDrop::new(self).lock
    }

    /// The lock it holds.
    #[inline]
    pub(crate) const fn lock_ref(&self) -> &'a M {
        self.lock
    }

    /// Evidence, while the guard is borrowed, that this thread stays on its CPU.
    #[inline]
    #[must_use]
    pub fn preemption_off(&self) -> PreemptionOff<'_>
    where
        M::Kind: StopsPreemption,
    {
        PreemptionOff::mint()
    }

    /// Evidence, while the guard is borrowed, that interrupts are off on this CPU.
    #[inline]
    #[must_use]
    pub fn irqs_off(&self) -> IrqsOff<'_>
    where
        M::Kind: MasksInterrupts,
    {
        IrqsOff::mint()
    }
}

impl<'a, L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Guard<'a, Lock<L, R, T>, H, C> {
    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&mut T, Held<'_, L, Inside<R, C>>) {
        // SAFETY: the guard holds the core, and the borrow is exclusive as `&mut self` is.
        (unsafe { &mut *self.lock.data_ptr() }, Held::mint())
    }

    /// The same, with evidence that this lock is held exclusively.
    #[inline]
    pub fn split_with_evidence(&mut self) -> (&mut T, HeldExclusively<'_, L>, Held<'_, L, Inside<R, C>>) {
        let (data, held) = self.split();
        (data, HeldExclusively::mint(), held)
    }

    /// The token for what lies further in, where the data is not needed beside it.
    #[inline]
    pub fn held(&mut self) -> Held<'_, L, Inside<R, C>> {
        Held::mint()
    }

    /// A guard for the part of the data that `part` picks.
    #[inline]
    pub fn map<U: ?Sized>(
        self,
        part: impl FnOnce(&mut T) -> &mut U,
    ) -> MappedGuard<'a, Lock<L, R, T>, U, H, C> {
        let mut guard = self;
        let part: *mut U = part(&mut guard);
        MappedGuard::adopt(guard.into_lock(), part)
    }

    /// Turns it into a guard that may be released in any order, and the token that was inside it.
    ///
    /// The token keeps forbidding everything up to `L` even after the loose guard is released: it is a
    /// ceiling. A loose guard cannot be waited with.
    #[inline]
    pub fn loosen(self) -> (Loose<'a, Lock<L, R, T>>, Held<'a, L, Inside<R, C>>) {
        (Loose::adopt(self.into_lock()), Held::mint())
    }

    /// Releases the lock, runs `wait`, and acquires the lock again: what condition variables are made of.
    ///
    /// The guard is consumed, so no inner guard is alive (E0505), and the context outside of the lock may sleep.
    /// While `wait` runs nothing of this guard is held; it has no token to acquire anything with, since the
    /// outer one stays borrowed, so the order holds when the lock is acquired again. If `wait` panics the lock stays free.
    #[cfg_attr(feature = "checker", track_caller)]
    pub(crate) fn release_while<O>(self, wait: impl FnOnce() -> O) -> (Self, O)
    where
        C: MaySleep,
    {
        let lock = self.into_lock();
        // SAFETY: the guard held the lock, and its own drop was given up.
        unsafe { lock.release_raw() }
        let result = wait();
        crate::observe::reacquires::<L>();
        (Self::acquire(lock), result)
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Deref for Guard<'_, Lock<L, R, T>, H, C> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the core, so nobody else reaches the data.
        unsafe { &*self.lock.data_ptr() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> DerefMut for Guard<'_, Lock<L, R, T>, H, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data_ptr() }
    }
}

impl<M: Lockable + ?Sized, H: Level, C: Context> Drop for Guard<'_, M, H, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: a guard is made by one acquisition and drops once; `into_lock` forgets it.
        unsafe { self.lock.release_held() }
    }
}

/// Shows the data of a guard of a given form as the data shows itself.
macro_rules! shows_its_data {
    ([$($parameters:tt)*] $guard:ty, $data:ident) => {
        impl<$($parameters)* $data: ?Sized + fmt::Debug> fmt::Debug for $guard {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(formatter)
            }
        }

        impl<$($parameters)* $data: ?Sized + fmt::Display> fmt::Display for $guard {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(formatter)
            }
        }
    };
}
pub(crate) use shows_its_data;

shows_its_data!([L: Class, R: RawLock, H: Level, C: Context,] Guard<'_, Lock<L, R, T>, H, C>, T);
