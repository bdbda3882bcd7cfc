//! What reading is.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use super::{InsideReadWrite, ReadWriteLockable, RwLock, shared_access};
use crate::context::{Context, MasksInterrupts, StopsPreemption, Task};
use crate::evidence::{IrqsOff, PreemptionOff};
use crate::guard::Mark;
use crate::held::Held;
use crate::level::Class;
use crate::raw::RawReadWriteLock;

/// A reader-writer lock of type `M`, held for reading, acquired in order in context `C`.
///
/// Having one tells that nobody writes the data until it drops, and that everything held on this thread when it was
/// acquired ranks outside of its class.
#[must_use = "a guard that is not kept leaves its lock at once"]
pub struct ReadGuard<'a, M: ReadWriteLockable + ?Sized, C: Context = Task> {
    lock: &'a M,
    mark: Mark<M, C>,
}

shared_access!(ReadGuard);

impl<L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> ReadGuard<'_, RwLock<L, R, T>, C> {
    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&T, Held<'_, L, InsideReadWrite<R, C>>) {
        // SAFETY: the guard is in, so nobody writes; the borrow ends before the guard leaves.
        (unsafe { &*self.lock.data.get() }, Held::mint())
    }
}

impl<M: ReadWriteLockable + ?Sized, C: Context> Drop for ReadGuard<'_, M, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard is in this way, and drops once; what turns it into another one forgets it.
        unsafe { self.lock.leave_shared() }
    }
}
