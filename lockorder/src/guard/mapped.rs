//! A guard for a part of what a lock protects.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::{Inside, Mark, shows_its_data};
use crate::context::{Context, Task};
use crate::held::Held;
use crate::level::{Class, Level, Nothing};
use crate::lock::{Lock, Lockable};
use crate::raw::RawLock;

/// A lock of type `M`, held for a part `U` of its data; see [`Guard::map`](super::Guard::map).
///
/// Having one tells that the part is yours until it drops. It cannot be waited with: the part need not be there any more
/// when the lock is acquired again.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct MappedGuard<'a, M: Lockable + ?Sized, U: ?Sized, H: Level = Nothing, C: Context = Task> {
    lock: &'a M,
    part: *mut U,
    mark: Mark<M, (H, C)>,
}

impl<'a, M: Lockable + ?Sized, U: ?Sized, H: Level, C: Context> MappedGuard<'a, M, U, H, C> {
    /// Wraps a lock that this thread holds, and a part of its data, whose borrow of the guard has ended.
    #[inline]
    pub(super) const fn adopt(lock: &'a M, part: *mut U) -> Self {
        Self { lock, part, mark: PhantomData }
    }
}

impl<'a, L: Class, R: RawLock, T: ?Sized, U: ?Sized, H: Level, C: Context>
    MappedGuard<'a, Lock<L, R, T>, U, H, C>
{
    /// The part, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&mut U, Held<'_, L, Inside<R, C>>) {
        // SAFETY: the guard holds the core, and the part lies in its data; the borrow is exclusive as `&mut self` is.
        (unsafe { &mut *self.part }, Held::mint())
    }

    /// The token for what lies further in, where the part is not needed beside it.
    #[inline]
    pub fn held(&mut self) -> Held<'_, L, Inside<R, C>> {
        Held::mint()
    }

    /// A guard for a part of the part.
    #[inline]
    pub fn map<V: ?Sized>(
        self,
        part: impl FnOnce(&mut U) -> &mut V,
    ) -> MappedGuard<'a, Lock<L, R, T>, V, H, C> {
        let mut guard = self;
        let part: *mut V = part(&mut guard);
        let guard = core::mem::ManuallyDrop::new(guard);
        MappedGuard::adopt(guard.lock, part)
    }
}

impl<M: Lockable + ?Sized, U: ?Sized, H: Level, C: Context> Deref for MappedGuard<'_, M, U, H, C> {
    type Target = U;
    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: the guard holds the core, so nobody else reaches the data, of which this is a part.
        unsafe { &*self.part }
    }
}

impl<M: Lockable + ?Sized, U: ?Sized, H: Level, C: Context> DerefMut for MappedGuard<'_, M, U, H, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.part }
    }
}

impl<M: Lockable + ?Sized, U: ?Sized, H: Level, C: Context> Drop for MappedGuard<'_, M, U, H, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: made from one guard whose own drop was given up; drops once.
        unsafe { self.lock.release_held() }
    }
}

shows_its_data!([M: Lockable + ?Sized, H: Level, C: Context,] MappedGuard<'_, M, U, H, C>, U);
