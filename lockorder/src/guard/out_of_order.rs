//! A guard got by trying, perhaps out of order.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::{Inside, Mark, shows_its_data};
use crate::context::{Context, Task};
use crate::held::Held;
use crate::level::{BothOf, Class, Level};
use crate::lock::{Lock, Lockable};
use crate::raw::RawLock;

/// A lock of type `M`, held, taken without waiting while `H` may be held.
///
/// Trying never waits, so it can close no cycle, whatever the order. What is acquired under it *does* wait,
/// and must rank inside of both its class and `H`. Its context is never relaxed, and it cannot be waited with.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct TryGuard<'a, M: Lockable + ?Sized, H: Level, C: Context = Task> {
    lock: &'a M,
    mark: Mark<M, (H, C)>,
}

impl<'a, M: Lockable + ?Sized, H: Level, C: Context> TryGuard<'a, M, H, C> {
    /// Wraps a lock whose core this thread has just acquired.
    #[inline]
    pub(crate) const fn adopt(lock: &'a M) -> Self {
        Self { lock, mark: PhantomData }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> TryGuard<'_, Lock<L, R, T>, H, C> {
    /// The data, and the token for what lies inside of both this lock and what was held before.
    #[inline]
    pub fn split(&mut self) -> (&mut T, Held<'_, BothOf<H, L>, Inside<R, C>>)
    where
        BothOf<H, L>: Level,
    {
        // SAFETY: the guard holds the core, and the borrow is exclusive as `&mut self` is.
        (unsafe { &mut *self.lock.data_ptr() }, Held::mint())
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> Deref for TryGuard<'_, Lock<L, R, T>, H, C> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the core, so nobody else reaches the data.
        unsafe { &*self.lock.data_ptr() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized, H: Level, C: Context> DerefMut for TryGuard<'_, Lock<L, R, T>, H, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data_ptr() }
    }
}

impl<M: Lockable + ?Sized, H: Level, C: Context> Drop for TryGuard<'_, M, H, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: made by one successful try, drops once.
        unsafe { self.lock.release_held() }
    }
}

shows_its_data!([L: Class, R: RawLock, H: Level, C: Context,] TryGuard<'_, Lock<L, R, T>, H, C>, T);
