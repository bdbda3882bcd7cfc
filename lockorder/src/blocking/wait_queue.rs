//! Waiting for a condition.
//!
//! Waiting needs nothing held: who makes the condition true may need anything. With locks held one waits for an
//! [`Event`](super::Event) or at a [`RankedCondvar`](super::RankedCondvar), which have a rank, or, for what a lock protects, at a
//! [`Condvar`](super::Condvar) by the lock's guard, the only thing held.
//! Serialising tokens may be held: they are given back while the thread waits.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use super::{Blocking, Patience, RawWaitQueue, Waiting, wait};
use crate::context::{Atomic, MaySleep};
use crate::held::Held;
use crate::level::NothingHeld;
use crate::observe;

/// Threads that wait for something.
pub struct WaitQueue<P: Blocking> {
    waiters: P::WaitQueue,
    /// How many calls have woken: what a thread waits to change whose condition may sleep (an event count: Reed and Kanodia,
    /// "Synchronization with Eventcounts and Sequencers", 1979).
    wakes: AtomicU64,
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
        Self { waiters: P::WaitQueue::INIT, wakes: AtomicU64::new(0) }
    }

    /// Wakes the thread that has waited longest; says whether there was one. Legal anywhere, under any lock, in any
    /// context. A thread whose condition does not hold passes the wake-up on to the next one.
    pub fn wake_one(&self) -> bool {
        self.wakes.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_one()
    }

    /// Wakes all.
    pub fn wake_all(&self) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
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

    /// Waits until `condition` holds, which may sleep: it may acquire a mutex, for example. It is looked at with the token of the
    /// caller before the first wait and after each wake-up, while the thread stands in no queue; whoever makes it true wakes
    /// after that, as always. A wake-up is passed on to the next thread before the look.
    #[track_caller]
    pub fn wait_until_may_sleep<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        mut condition: impl FnMut(&mut Held<'_, H, C>) -> bool,
    ) {
        let waiting = Waiting::here(Patience::UntilItHolds).for_own_condition();
        let mut woken = false;
        loop {
            let seen = self.wakes.load(Ordering::SeqCst);
            if woken {
                // The wake-up may be for another thread's condition, and this one's may take any time: it may panic, or wait for
                // that very thread. So the wake-up is passed on before the look.
                self.waiters.wake_one();
            }
            if condition(&mut held.reborrow()) {
                return;
            }
            observe::waits_for_a_thread::<P>(None, waiting.place);
            // SAFETY: nothing is held but serialising tokens, in a context that may sleep.
            unsafe { wait::<P>(&self.waiters, &waiting, &mut || self.wakes.load(Ordering::SeqCst) != seen) };
            woken = true;
        }
    }

    /// Waits.
    fn wait<H: NothingHeld, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        waiting: &Waiting,
        mut condition: impl FnMut(&mut Held<'_, H, Atomic>) -> bool,
    ) -> bool {
        let mut held = held.to_task();
        observe::waits_for_a_thread::<P>(None, waiting.place);
        let waiting = waiting.for_own_condition();
        // SAFETY: nothing is held but serialising tokens, in a context that may sleep.
        unsafe { wait::<P>(&self.waiters, &waiting, &mut || condition(&mut held.to_atomic())) }
    }
}
