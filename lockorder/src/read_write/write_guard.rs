//! What writing is.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

use super::{InsideReadWrite, ReadGuard, RwLock, UpgradeableGuard, shared_access};
use crate::context::{Context, MasksInterrupts, StopsPreemption};
use crate::evidence::{IrqsOff, PreemptionOff};
use crate::guard::Mark;
use crate::held::Held;
use crate::level::Class;
use crate::raw::RawReadWriteLock;

/// A reader-writer lock of class `L`, held for writing, acquired in order in context `C`.
///
/// Having one tells that the data is yours until it drops or is downgraded, and that everything held on this thread
/// when it was acquired ranks outside of `L`.
#[must_use = "a guard that is not kept leaves its lock at once"]
pub struct WriteGuard<'a, L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> {
    lock: &'a RwLock<L, R, T>,
    mark: Mark<L, R, C>,
}

shared_access!(WriteGuard);

impl<'a, L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> WriteGuard<'a, L, R, T, C> {
    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&mut T, Held<'_, L, InsideReadWrite<R, C>>) {
        // SAFETY: the guard is the writer, and the borrow is exclusive as `&mut self` is.
        (unsafe { &mut *self.lock.data.get() }, Held::mint())
    }

    /// Lets readers in, and goes on reading. Nobody writes in between.
    #[inline]
    pub fn downgrade(self) -> ReadGuard<'a, L, R, T, C> {
        let lock = self.into_lock();
        // SAFETY: this was the writer, whose release was given up.
        unsafe { lock.raw.downgrade() }
        ReadGuard::adopt(lock)
    }

    /// Lets readers in, and goes on reading with the right to be the next writer.
    #[inline]
    pub fn downgrade_to_upgradeable(self) -> UpgradeableGuard<'a, L, R, T, C> {
        let lock = self.into_lock();
        // SAFETY: this was the writer, whose release was given up.
        unsafe { lock.raw.downgrade_to_upgradeable() }
        UpgradeableGuard::adopt(lock)
    }

    /// The lock, without leaving it: the caller turns what this guard was into something else.
    #[inline]
    fn into_lock(self) -> &'a RwLock<L, R, T> {
        ManuallyDrop::new(self).lock
    }
}

impl<L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> DerefMut for WriteGuard<'_, L, R, T, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard is the writer, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> Drop for WriteGuard<'_, L, R, T, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard is the writer, and drops once.
        unsafe { self.lock.leave(|raw| raw.release_exclusive()) }
    }
}
