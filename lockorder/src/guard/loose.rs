//! A guard that may be released in any order.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::Mark;
use crate::context::Task;
use crate::level::Class;
use crate::lock::Lock;
use crate::raw::RawLock;

/// A lock of class `L`, held, acquired in order, released whenever.
///
/// Having one tells that the data is yours until it drops; it says nothing about what else is held. It has
/// no token to give (see [`Guard::loosen`](super::Guard::loosen)) and cannot be waited with.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct Loose<'a, L: Class, R: RawLock, T: ?Sized> {
    lock: &'a Lock<L, R, T>,
    mark: Mark<L, R, Task>,
}

impl<'a, L: Class, R: RawLock, T: ?Sized> Loose<'a, L, R, T> {
    /// Wraps a lock whose core this thread holds and whose release is taken over here.
    #[inline]
    pub(super) const fn adopt(lock: &'a Lock<L, R, T>) -> Self {
        Self { lock, mark: PhantomData }
    }
}

impl<L: Class, R: RawLock, T: ?Sized> Deref for Loose<'_, L, R, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the core, so nobody else reaches the data.
        unsafe { &*self.lock.data() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized> DerefMut for Loose<'_, L, R, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized> Drop for Loose<'_, L, R, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: made from one guard whose own drop was given up; drops once.
        unsafe { self.lock.release_raw() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized + fmt::Debug> fmt::Debug for Loose<'_, L, R, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}

impl<L: Class, R: RawLock, T: ?Sized + fmt::Display> fmt::Display for Loose<'_, L, R, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
