//! What writing is.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

use super::{InsideReadWrite, ReadGuard, ReadWriteLockable, RwLock, UpgradeableGuard, shared_access};
use crate::context::{Context, MasksInterrupts, StopsPreemption, Task};
use crate::evidence::{IrqsOff, PreemptionOff};
use crate::guard::Mark;
use crate::held::Held;
use crate::level::Class;
use crate::raw::RawReadWriteLock;

/// A reader-writer lock of type `M`, held for writing, acquired in order in context `C`.
///
/// Having one tells that the data is yours until it drops or is downgraded, and that everything held on this thread
/// when it was acquired ranks outside of its class.
#[must_use = "a guard that is not kept leaves its lock at once"]
pub struct WriteGuard<'a, M: ReadWriteLockable + ?Sized, C: Context = Task> {
    lock: &'a M,
    mark: Mark<M, C>,
}

shared_access!(WriteGuard);

impl<'a, L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> WriteGuard<'a, RwLock<L, R, T>, C> {
    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&mut T, Held<'_, L, InsideReadWrite<R, C>>) {
        // SAFETY: the guard is the writer, and the borrow is exclusive as `&mut self` is.
        (unsafe { &mut *self.lock.data.get() }, Held::mint())
    }

    /// Lets readers in, and goes on reading. Nobody writes in between.
    #[inline]
    pub fn downgrade(self) -> ReadGuard<'a, RwLock<L, R, T>, C> {
        let lock = self.into_lock();
        // SAFETY: this was the writer, whose release was given up.
        unsafe { lock.raw.downgrade() }
        ReadGuard::adopt(lock)
    }

    /// Lets readers in, and goes on reading with the right to be the next writer.
    #[inline]
    pub fn downgrade_to_upgradeable(self) -> UpgradeableGuard<'a, RwLock<L, R, T>, C> {
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

impl<L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> DerefMut for WriteGuard<'_, RwLock<L, R, T>, C> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard is the writer, and `&mut self` makes the borrow exclusive.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<M: ReadWriteLockable + ?Sized, C: Context> Drop for WriteGuard<'_, M, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard is in this way, and drops once; what turns it into another one forgets it.
        unsafe { self.lock.leave_exclusive() }
    }
}
