//! The core of a condition variable: numbered notifications, and those who wait for the next one.
//!
//! A waiter reads the number while it holds what protects its condition, so that a notification that comes between the
//! release and the wait is seen.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use super::{Blocking, RawWaitQueue, Waiting, wait};

/// Notifications and those who wait for them.
pub(super) struct Notifications<P: Blocking> {
    number: AtomicU64,
    waiters: P::WaitQueue,
}

impl<P: Blocking> fmt::Debug for Notifications<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Notifications")
            .field("number", &self.number)
            .field("awaited", &!self.waiters.is_empty())
            .finish()
    }
}

impl<P: Blocking> Notifications<P> {
    /// Nobody waits.
    pub(super) const fn new() -> Self {
        Self { number: AtomicU64::new(0), waiters: P::WaitQueue::INIT }
    }

    /// The number of the last notification.
    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::SeqCst)
    }

    /// Waits for a notification after the one with number `seen`; says whether there was one.
    ///
    /// # Safety
    ///
    /// The thread may block here, as for [`wait`](super::wait).
    ///
    /// # Panics
    ///
    /// When others wait with something else.
    #[track_caller]
    pub(super) unsafe fn wait_past(&self, seen: u64, waiting: &Waiting) -> bool {
        assert!(
            !self.waiters.others_wait_with(waiting.with),
            "threads wait with several locks at one condition variable: give each lock its own"
        );
        let stays = P::with_serial_tokens(|tokens| !tokens.is_empty());
        let waiting = Waiting { stays, ..*waiting };
        // SAFETY: this thread may wait here, by this function's contract.
        unsafe { wait::<P>(&self.waiters, &waiting, &mut || self.number() != seen) }
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

    /// Notifies, wakes the thread that has waited longest, and moves those of the others that wait with the core at an
    /// address to another queue.
    ///
    /// # Safety
    ///
    /// `other` stays where it is for as long as anybody borrows the core at that address.
    pub(super) unsafe fn notify_all_behind(&self, other: &P::WaitQueue, with: usize) {
        self.number.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_one();
        // SAFETY: `other` stays where it is for those who wait with that core, by this function's contract.
        unsafe { self.waiters.requeue(other, with) }
        // Those that hold serialising tokens, and those that wait with something else, of which there should be none.
        self.waiters.wake_all();
    }
}
