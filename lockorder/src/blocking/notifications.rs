//! The core of a condition variable: numbered notifications, and those who wait for the next one.
//!
//! A waiter reads the number while it holds what protects its condition, so that a notification that comes between the
//! release and the wait is seen.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use super::{Blocking, RawWaitQueue, Waiting, wait};

/// The bits of the word that count who waits; the others are the lock's address, of which 48 bits tell locks apart.
const COUNT: u64 = 0xffff;

/// A lock's address, as the word has it.
const fn named(lock: usize) -> u64 {
    (lock as u64) << COUNT.count_ones()
}

/// Notifications and those who wait for them.
pub(super) struct Notifications<P: Blocking> {
    number: AtomicU64,
    waiters: P::WaitQueue,
    /// How many wait, or are about to, and the address of the lock that they wait with: [`COUNT`].
    waiting: AtomicU64,
}

impl<P: Blocking> fmt::Debug for Notifications<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.waiting.load(Ordering::Relaxed) & COUNT;
        formatter.debug_struct("Notifications").field("waiting", &waiting).finish_non_exhaustive()
    }
}

impl<P: Blocking> Notifications<P> {
    /// Nobody waits.
    pub(super) const fn new() -> Self {
        Self { number: AtomicU64::new(0), waiters: P::WaitQueue::INIT, waiting: AtomicU64::new(0) }
    }

    /// The number of the last notification.
    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::SeqCst)
    }

    /// Waits for a notification after the one with number `seen`; says whether there was one.
    pub(super) fn wait_past(&self, seen: u64, waiting: &Waiting) -> bool {
        wait::<P>(&self.waiters, waiting, &mut || self.number() != seen)
    }

    /// A thread comes to wait, with the lock at an address, which it holds.
    ///
    /// # Panics
    ///
    /// When others wait with another one.
    pub(super) fn joins(&self, lock: usize) {
        let lock = named(lock);
        let joined = self.waiting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |waiting| {
            let alone = waiting & COUNT == 0;
            (alone || waiting & !COUNT == lock).then_some(lock | ((waiting & COUNT) + 1))
        });
        assert!(
            joined.is_ok(),
            "threads wait with several locks at one condition variable: give each lock its own"
        );
    }

    /// A thread has waited.
    pub(super) fn leaves(&self) {
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether those who wait now, if there are any, do so with the lock at an address.
    pub(super) fn is_with(&self, lock: usize) -> bool {
        let waiting = self.waiting.load(Ordering::SeqCst);
        waiting & COUNT == 0 || waiting & !COUNT == named(lock)
    }

    /// Notifies, and wakes the thread that has waited longest.
    pub(super) fn notify_one(&self) {
        self.number.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_one();
    }

    /// Notifies, and wakes all.
    pub(super) fn notify_all(&self) {
        self.number.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_all();
    }

    /// Notifies, wakes the thread that has waited longest, and moves the others to another queue.
    ///
    /// # Safety
    ///
    /// `other` stays where it is until everybody who waits now has stopped waiting.
    pub(super) unsafe fn notify_all_behind(&self, other: &P::WaitQueue) {
        self.number.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_one();
        // SAFETY: the caller's.
        unsafe { self.waiters.requeue(other) }
    }
}
