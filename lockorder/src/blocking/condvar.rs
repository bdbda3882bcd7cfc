//! Condition variables: waiting for what a lock protects.
//!
//! Waiting consumes the guard and gives it back: an inner guard still alive borrows it, and the program does not compile
//! (E0505). The context *outside* of the lock must be able to sleep, and the lock must be the only thing held: whoever
//! notifies may need any other. With outer locks held one waits at a [`RankedCondvar`](super::RankedCondvar).
//!
//! All who wait at one time must wait with the same lock: otherwise a notification, which is given under one lock, may
//! come while the other's condition is being looked at. Each waiter carries the address of its lock's core, and one that
//! finds another one's in the queue panics.

use core::fmt;
use core::time::Duration;

use super::notifications::Notifications;
use super::{Blocking, Patience, Requeues, Waiting};
use crate::context::{Context, MaySleep};
use crate::guard::Guard;
use crate::level::{Class, Level, NothingHeld};
use crate::lock::Lock;
use crate::observe;
use crate::raw::RawLock;

/// Threads that wait for a condition that a lock protects. Wake-ups may be spurious: wait in a loop, or by
/// [`wait_while`](Condvar::wait_while).
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
    pub fn wait<'a, L: Class, R: RawLock, T: ?Sized, H: NothingHeld, C: MaySleep>(
        &self,
        guard: Guard<'a, Lock<L, R, T>, H, C>,
    ) -> Guard<'a, Lock<L, R, T>, H, C> {
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
    pub fn wait_for<'a, L: Class, R: RawLock, T: ?Sized, H: NothingHeld, C: MaySleep>(
        &self,
        guard: Guard<'a, Lock<L, R, T>, H, C>,
        time: Duration,
    ) -> (Guard<'a, Lock<L, R, T>, H, C>, bool) {
        self.release_and_wait(guard, &Waiting::here(Patience::For(time)))
    }

    /// Waits for as long as `condition` holds of the data.
    ///
    /// # Panics
    ///
    /// When others wait with another lock.
    #[track_caller]
    pub fn wait_while<'a, L: Class, R: RawLock, T: ?Sized, H: NothingHeld, C: MaySleep>(
        &self,
        mut guard: Guard<'a, Lock<L, R, T>, H, C>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> Guard<'a, Lock<L, R, T>, H, C> {
        while condition(&mut guard) {
            guard = self.wait(guard);
        }
        guard
    }

    /// Waits until `condition` holds of the data.
    ///
    /// # Panics
    ///
    /// When others wait with another lock.
    #[track_caller]
    pub fn wait_until<'a, L: Class, R: RawLock, T: ?Sized, H: NothingHeld, C: MaySleep>(
        &self,
        guard: Guard<'a, Lock<L, R, T>, H, C>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> Guard<'a, Lock<L, R, T>, H, C> {
        self.wait_while(guard, |data| !condition(data))
    }

    /// Waits for as long as `condition` holds of the data, until one wait has lasted for `time` without a notification; says also
    /// whether the condition holds no more.
    ///
    /// # Panics
    ///
    /// When others wait with another lock.
    #[track_caller]
    pub fn wait_while_for<'a, L: Class, R: RawLock, T: ?Sized, H: NothingHeld, C: MaySleep>(
        &self,
        mut guard: Guard<'a, Lock<L, R, T>, H, C>,
        time: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> (Guard<'a, Lock<L, R, T>, H, C>, bool) {
        let mut notified = true;
        while condition(&mut guard) {
            if !notified {
                return (guard, false);
            }
            (guard, notified) = self.wait_for(guard, time);
        }
        (guard, true)
    }

    /// Waits with the lock that `guard` holds.
    #[track_caller]
    fn release_and_wait<'a, L: Class, R: RawLock, T: ?Sized, H: NothingHeld, C: MaySleep>(
        &self,
        guard: Guard<'a, Lock<L, R, T>, H, C>,
        waiting: &Waiting,
    ) -> (Guard<'a, Lock<L, R, T>, H, C>, bool) {
        let seen = self.notifications.number();
        let waiting = waiting.with(guard.lock_ref().core_address());
        guard.release_while(|| {
            observe::waits_for_a_thread::<P>(None, waiting.place);
            // SAFETY: the guard's lock was the only thing held, and is released; the context outside of it may sleep.
            unsafe { self.notifications.wait_past(seen, &waiting) }
        })
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
    /// Only threads that wait with this very lock are moved; any other is woken, and so is one that has serialising tokens to take
    /// again before it takes the lock.
    pub fn notify_all_behind<L: Class, R: Requeues<P>, T: ?Sized, H: Level, C: Context>(
        &self,
        guard: &Guard<'_, Lock<L, R, T>, H, C>,
    ) {
        let lock = guard.lock_ref();
        // SAFETY: the queue is that of the lock's core. Whoever waits with what lies at the core's address waits with this core,
        // since cores have a size and none lies in another, and borrows the lock until it has stopped waiting.
        unsafe { self.notifications.notify_all_behind(lock.raw.waiters(), lock.core_address()) }
    }
}
