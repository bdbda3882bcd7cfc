//! Semaphores that signal: they start at zero, and whoever has something to tell adds one.
//!
//! Who will signal, and what that thread needs until it does, is not known; so a thread waits with nothing held. A number of
//! permits that come back, and that rank like a lock, is a [`Semaphore`](super::Semaphore).

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use super::{Blocking, Patience, RawWaitQueue, Waiting, wait};
use crate::context::MaySleep;
use crate::held::Held;
use crate::level::NothingHeld;
use crate::observe;

/// A number of signals that nobody has waited for yet.
pub struct SignallingSemaphore<P: Blocking> {
    signals: AtomicUsize,
    waiters: P::WaitQueue,
}

impl<P: Blocking> fmt::Debug for SignallingSemaphore<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SignallingSemaphore({} signals)", self.signals())
    }
}

impl<P: Blocking> Default for SignallingSemaphore<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Blocking> SignallingSemaphore<P> {
    /// No signals.
    #[must_use]
    pub const fn new() -> Self {
        Self { signals: AtomicUsize::new(0), waiters: P::WaitQueue::INIT }
    }

    /// How many signals there are at this moment: for reports, never for decisions.
    pub fn signals(&self) -> usize {
        self.signals.load(Ordering::Relaxed)
    }

    /// Adds a signal. Legal anywhere, under any lock, in any context. Beyond `usize::MAX` signals are not counted.
    pub fn signal(&self) {
        let more = |signals: usize| signals.checked_add(1);
        // Full: there is a signal for whoever comes.
        let _ = self.signals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
        self.waiters.wake_one();
    }

    /// Takes a signal, if there is one.
    pub fn try_wait(&self) -> bool {
        let left = |signals: usize| signals.checked_sub(1);
        self.signals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok()
    }

    /// Waits for a signal, and takes it.
    #[track_caller]
    pub fn wait<H: NothingHeld, C: MaySleep>(&self, held: &mut Held<'_, H, C>) {
        self.wait_up_to(held, &Waiting::here(Patience::ForEver));
    }

    /// Waits for a signal for `time` at most, and takes it; says whether there was one.
    #[must_use]
    #[track_caller]
    pub fn wait_for<H: NothingHeld, C: MaySleep>(&self, held: &mut Held<'_, H, C>, time: Duration) -> bool {
        self.wait_up_to(held, &Waiting::here(Patience::For(time)))
    }

    /// Waits.
    fn wait_up_to<H: NothingHeld, C: MaySleep>(&self, _held: &mut Held<'_, H, C>, waiting: &Waiting) -> bool {
        observe::waits_for_a_thread::<P>(None, waiting.place);
        // SAFETY: nothing is held but serialising tokens, in a context that may sleep.
        self.try_wait() || unsafe { wait::<P>(&self.waiters, waiting, &mut || self.try_wait()) }
    }
}
