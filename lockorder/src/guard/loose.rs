//! A guard that may be released in any order.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::{Mark, shows_its_data};
use crate::level::Class;
use crate::lock::{Lock, Lockable};
use crate::raw::RawLock;

/// A lock of type `M`, held, acquired in order, released whenever.
///
/// Having one tells that the data is yours until it drops; it says nothing about what else is held. It has
/// no token to give (see [`Guard::loosen`](super::Guard::loosen)) and cannot be waited with.
#[must_use = "a guard that is not kept releases its lock at once"]
pub struct Loose<'a, M: Lockable + ?Sized> {
    lock: &'a M,
    mark: Mark<M, ()>,
}

impl<'a, M: Lockable + ?Sized> Loose<'a, M> {
    /// Wraps a lock whose core this thread holds and whose release is taken over here.
    #[inline]
    pub(super) const fn adopt(lock: &'a M) -> Self {
        Self { lock, mark: PhantomData }
    }
}

impl<L: Class, R: RawLock, T: ?Sized> Deref for Loose<'_, Lock<L, R, T>> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the core, so nobody else reaches the data.
        unsafe { &*self.lock.data_ptr() }
    }
}

impl<L: Class, R: RawLock, T: ?Sized> DerefMut for Loose<'_, Lock<L, R, T>> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data_ptr() }
    }
}

impl<M: Lockable + ?Sized> Drop for Loose<'_, M> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: made from one guard whose own drop was given up; drops once.
        unsafe { self.lock.release_held() }
    }
}

shows_its_data!([L: Class, R: RawLock,] Loose<'_, Lock<L, R, T>>, T);
