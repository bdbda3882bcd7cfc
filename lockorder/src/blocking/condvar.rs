//! Condition variables: waiting for what a lock protects.
//!
//! Waiting consumes the guard and gives it back: an inner guard still alive borrows it, and the program does not compile
//! (E0505). The context *outside* of the lock must be able to sleep.
//!
//! All who wait at one time must wait with the same lock: otherwise a notification, which is given under one lock, may
//! come while the other's condition is being looked at. The variable remembers the lock of its waiters, and panics where
//! one comes with another.

use core::fmt;
use core::time::Duration;

use super::notifications::Notifications;
use super::{Blocking, Patience, Requeues, Waiting};
use crate::context::{Context, MaySleep};
use crate::guard::Guard;
use crate::level::Class;
use crate::raw::RawLock;

/// Threads that wait for a condition that a lock protects. Wake-ups may be spurious: wait in a loop.
pub struct Condvar<P: Blocking> {
    notifications: Notifications<P>,
}

impl<P: Blocking> fmt::Debug for Condvar<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Condvar").field(&self.notifications).finish()
    }
}

impl<P: Blocking> Default for Condvar<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Blocking> Condvar<P> {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { notifications: Notifications::new() }
    }

    /// Releases the lock, waits for a notification, acquires the lock again.
    ///
    /// # Panics
    ///
    /// When others wait with another lock.
    #[track_caller]
    pub fn wait<'a, L: Class, R: RawLock, T: ?Sized, C: MaySleep>(
        &self,
        guard: Guard<'a, L, R, T, C>,
    ) -> Guard<'a, L, R, T, C> {
        // However long it takes: a consumer may have nothing to do for hours, and a parent's child may run for days.
        self.release_and_wait(guard, &Waiting::here(Patience::ForEver)).0
    }

    /// The same for `time` at most; says also whether a notification came. The lock is acquired again, however long that
    /// takes.
    ///
    /// # Panics
    ///
    /// When others wait with another lock.
    #[track_caller]
    pub fn wait_for<'a, L: Class, R: RawLock, T: ?Sized, C: MaySleep>(
        &self,
        guard: Guard<'a, L, R, T, C>,
        time: Duration,
    ) -> (Guard<'a, L, R, T, C>, bool) {
        self.release_and_wait(guard, &Waiting::here(Patience::For(time)))
    }

    /// Waits with the lock that `guard` holds.
    #[cfg_attr(feature = "checker", track_caller)]
    fn release_and_wait<'a, L: Class, R: RawLock, T: ?Sized, C: MaySleep>(
        &self,
        guard: Guard<'a, L, R, T, C>,
        waiting: &Waiting,
    ) -> (Guard<'a, L, R, T, C>, bool) {
        let seen = self.notifications.number();
        self.notifications.joins(guard.lock_ref().address());
        let waited = guard.release_while(|| self.notifications.wait_past(seen, waiting));
        self.notifications.leaves();
        waited
    }

    /// Numbers and waiters, for the waits of serialising tokens.
    pub(super) const fn notifications(&self) -> &Notifications<P> {
        &self.notifications
    }

    /// Wakes the thread that has waited longest.
    pub fn notify_one(&self) {
        self.notifications.notify_one();
    }

    /// Wakes all.
    pub fn notify_all(&self) {
        self.notifications.notify_all();
    }

    /// Notifies all while the lock is held with which they wait: the first is woken, the others are moved to the lock's own
    /// waiters, each to be woken by a release. Had they been woken, all but one would have found the lock taken.
    ///
    /// # Panics
    ///
    /// When those who wait do so with another lock than `guard` holds.
    pub fn notify_all_behind<L: Class, R: Requeues<P>, T: ?Sized, C: Context>(
        &self,
        guard: &Guard<'_, L, R, T, C>,
    ) {
        let lock = guard.lock_ref();
        assert!(
            self.notifications.is_with(lock.address()),
            "threads wait with another lock than the one that is held"
        );
        // SAFETY: whoever waits here holds a borrow of that lock, and acquires it before it goes on.
        unsafe { self.notifications.notify_all_behind(lock.raw.waiters()) }
    }
}
