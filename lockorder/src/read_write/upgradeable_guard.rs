//! What reading, and perhaps writing later, is.

use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;

use super::{InsideReadWrite, ReadGuard, ReadWriteLockable, RwLock, WriteGuard, shared_access};
use crate::context::{Context, MasksInterrupts, StopsPreemption, Task};
use crate::evidence::{IrqsOff, PreemptionOff};
use crate::guard::Mark;
use crate::held::Held;
use crate::level::Class;
use crate::raw::RawReadWriteLock;

/// A reader-writer lock of type `M`, held for reading beside others, with the right to be the next writer.
///
/// Having one tells that nobody writes the data until it is upgraded or drops, and that nobody else has one of this lock.
#[must_use = "a guard that is not kept leaves its lock at once"]
pub struct UpgradeableGuard<'a, M: ReadWriteLockable + ?Sized, C: Context = Task> {
    lock: &'a M,
    mark: Mark<M, C>,
}

shared_access!(UpgradeableGuard);

impl<'a, L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> UpgradeableGuard<'a, RwLock<L, R, T>, C> {
    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&T, Held<'_, L, InsideReadWrite<R, C>>) {
        // SAFETY: the guard is in, so nobody writes; the borrow ends before the guard leaves.
        (unsafe { &*self.lock.data.get() }, Held::mint())
    }

    /// Waits until the other readers have left, keeping new ones out, and writes. Nobody writes in between.
    ///
    /// The guard is consumed, so no inner guard is alive (E0505): the readers waited for may need what it held.
    #[inline]
    pub fn upgrade(self) -> WriteGuard<'a, RwLock<L, R, T>, C> {
        // SAFETY: this is the upgradeable reader, and goes on being it if the wait panics.
        unsafe { self.lock.raw.upgrade::<L::Platform>() }
        WriteGuard::adopt(self.into_lock())
    }

    /// Writes if nobody else reads.
    ///
    /// # Errors
    ///
    /// This guard, untouched, when somebody does.
    #[inline]
    pub fn try_upgrade(self) -> Result<WriteGuard<'a, RwLock<L, R, T>, C>, Self> {
        // SAFETY: this is the upgradeable reader; on success its release is given up.
        if unsafe { self.lock.raw.try_upgrade() } {
            Ok(WriteGuard::adopt(self.into_lock()))
        } else {
            Err(self)
        }
    }

    /// Gives the right to write up, and goes on reading.
    #[inline]
    pub fn downgrade(self) -> ReadGuard<'a, RwLock<L, R, T>, C> {
        let lock = self.into_lock();
        // SAFETY: this was the upgradeable reader, whose release was given up.
        unsafe { lock.raw.downgrade_upgradeable() }
        ReadGuard::adopt(lock)
    }

    /// The lock, without leaving it: the caller turns what this guard was into something else.
    #[inline]
    fn into_lock(self) -> &'a RwLock<L, R, T> {
        ManuallyDrop::new(self).lock
    }
}

impl<M: ReadWriteLockable + ?Sized, C: Context> Drop for UpgradeableGuard<'_, M, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard is in this way, and drops once; what turns it into another one forgets it.
        unsafe { self.lock.leave_upgradeable() }
    }
}
