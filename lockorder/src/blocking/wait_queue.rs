//! Waiting for a condition.
//!
//! Waiting needs nothing held: who makes the condition true may need anything. With locks held one waits for an
//! [`Event`](super::Event), which has a rank, or, for what a lock protects, in a [`Condvar`](super::Condvar) by its guard.
//! Serialising tokens may be held: they are given back while the thread waits.

use core::fmt;
use core::time::Duration;

use super::{Blocking, Patience, RawWaitQueue, Waiting, wait};
use crate::context::{Atomic, MaySleep};
use crate::held::Held;
use crate::level::NothingHeld;

/// Threads that wait for something.
pub struct WaitQueue<P: Blocking> {
    waiters: P::WaitQueue,
}

impl<P: Blocking> fmt::Debug for WaitQueue<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WaitQueue")
    }
}

impl<P: Blocking> Default for WaitQueue<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Blocking> WaitQueue<P> {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { waiters: P::WaitQueue::INIT }
    }

    /// Wakes the thread that has waited longest; says whether there was one. Legal anywhere, under any lock, in any
    /// context.
    pub fn wake_one(&self) -> bool {
        self.waiters.wake_one()
    }

    /// Wakes all.
    pub fn wake_all(&self) {
        self.waiters.wake_all();
    }

    /// Waits until `condition` holds. It is looked at with the token of the caller, in `Atomic` context, before
    /// the first wait and after each wake-up. A wait past the platform's limit is a bug, and may be reported.
    #[track_caller]
    pub fn wait_until<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        condition: impl FnMut(&mut Held<'_, H, Atomic>) -> bool,
    ) {
        self.wait(held, &Waiting::here(Patience::UntilItHolds), condition);
    }

    /// The same where nothing may ever happen: a thread that serves others waits for work.
    #[track_caller]
    pub fn wait_for_work<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        condition: impl FnMut(&mut Held<'_, H, Atomic>) -> bool,
    ) {
        self.wait(held, &Waiting::here(Patience::ForEver), condition);
    }

    /// Waits until `condition` holds, for `time` at most; says whether it does.
    #[must_use]
    #[track_caller]
    pub fn wait_until_for<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        time: Duration,
        condition: impl FnMut(&mut Held<'_, H, Atomic>) -> bool,
    ) -> bool {
        self.wait(held, &Waiting::here(Patience::For(time)), condition)
    }

    /// Has everybody who waits here wait in `other`, behind those who wait there.
    ///
    /// A thread that was moved looks at its own condition when it is woken there. Both queues are statics: a thread in
    /// one must not outlive it.
    pub fn requeue(&'static self, other: &'static Self) {
        // SAFETY: `other` is a static.
        unsafe { self.waiters.requeue(&other.waiters) }
    }

    /// Waits.
    fn wait<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        waiting: &Waiting,
        mut condition: impl FnMut(&mut Held<'_, H, Atomic>) -> bool,
    ) -> bool {
        let mut held = held.to_task();
        wait::<P>(&self.waiters, waiting, &mut || condition(&mut held.to_atomic()))
    }
}
