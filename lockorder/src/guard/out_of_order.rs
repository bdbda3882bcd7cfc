//! A guard got by trying, perhaps out of order.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::{Inside, Mark};
use crate::context::Context;
use crate::held::Held;
use crate::level::{Class, Later, Level};
use crate::lock::Lock;
use crate::raw::RawLock;

/// A lock of class `L`, held, taken without waiting while `H` may be held.
///
/// Trying never waits, so it can close no cycle, whatever the order. What is acquired under it *does* wait,
/// and must rank inside of both `L` and `H`: the token it gives is at [`Later<H, L>`]. Its context is never
/// relaxed, and it cannot be waited with.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct TryGuard<'a, L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> {
    lock: &'a Lock<L, R, T>,
    outer: PhantomData<fn(H) -> H>,
    mark: Mark<L, R, C>,
}

impl<'a, L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> TryGuard<'a, L, R, T, H, C> {
    /// Wraps a lock whose core this thread has just acquired.
    #[inline]
    pub(crate) const fn adopt(lock: &'a Lock<L, R, T>) -> Self {
        Self { lock, outer: PhantomData, mark: PhantomData }
    }

    /// The data, and the token for what lies inside of both this lock and what was held before.
    #[inline]
    pub fn split(&mut self) -> (&mut T, Held<'_, Later<H, L>, Inside<R, C>>)
    where
        Later<H, L>: Level,
    {
        // SAFETY: the guard holds the core, and the borrow is exclusive as `&mut self` is.
        (unsafe { &mut *self.lock.data() }, Held::mint())
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Deref for TryGuard<'_, L, R, T, H, C> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the core, so nobody else reaches the data.
        unsafe { &*self.lock.data() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> DerefMut for TryGuard<'_, L, R, T, H, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Drop for TryGuard<'_, L, R, T, H, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: made by one successful try, drops once.
        unsafe { self.lock.release_raw() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized + fmt::Debug, H: Level, C: Context> fmt::Debug
    for TryGuard<'_, L, R, T, H, C>
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<L: Class, R: RawLock, T: ?Sized + fmt::Display, H: Level, C: Context> fmt::Display
    for TryGuard<'_, L, R, T, H, C>
{
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
