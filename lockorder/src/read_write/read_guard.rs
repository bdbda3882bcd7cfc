//! What reading is.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

use super::{InsideReadWrite, RwLock, shared_access};
use crate::context::{Context, MasksInterrupts, StopsPreemption};
use crate::evidence::{IrqsOff, PreemptionOff};
use crate::guard::Mark;
use crate::held::Held;
use crate::level::Class;
use crate::raw::RawReadWriteLock;

/// A reader-writer lock of class `L`, held for reading, acquired in order in context `C`.
///
/// Having one tells that nobody writes the data until it drops, and that everything held on this thread when it was
/// acquired ranks outside of `L`.
#[must_use = "a guard that is not kept leaves its lock at once"]
pub struct ReadGuard<'a, L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> {
    lock: &'a RwLock<L, R, T>,
    mark: Mark<L, R, C>,
}

shared_access!(ReadGuard);

impl<L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> ReadGuard<'_, L, R, T, C> {
    /// The data, and the token for what lies further in. Both borrow the guard.
    #[inline]
    pub fn split(&mut self) -> (&T, Held<'_, L, InsideReadWrite<R, C>>) {
        // SAFETY: the guard is in, so nobody writes; the borrow ends before the guard leaves.
        (unsafe { &*self.lock.data.get() }, Held::mint())
    }
}

impl<L: Class, R: RawReadWriteLock, T: ?Sized, C: Context> Drop for ReadGuard<'_, L, R, T, C> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard is a reader, and drops once.
        unsafe { self.lock.leave(|raw| raw.release_shared()) }
    }
}
