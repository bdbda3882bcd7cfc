//! Condition variables that have a rank: waiting for what a lock protects, with outer locks held.
//!
//! A thread that waits at a plain [`Condvar`](super::Condvar) must hold nothing else, since the thread that notifies it may
//! need anything. Here it is known what that thread needs. A thread *serves* a condition variable of class `L` through a token
//! at `L`: what it acquires until it has notified lies further in. A thread waits through a guard that was acquired with
//! everything held outside of `L`. So a served condition variable is treated as a lock of its class, shared by those who
//! serve it, and a cycle through it would have to descend in rank somewhere, as one through locks would
//! (`docs/decisions/0007` has the argument for events).
//!
//! The argument needs that somebody serves already: a thread that is still on its way may need anything. Waiting while nobody
//! does is therefore refused with an error that gives the guard back, and when the last server leaves all waiters wake.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use super::notifications::Notifications;
use super::{Blocking, Patience, Waiting};
use crate::context::{Context, MaySleep, Sleeping};
use crate::guard::Guard;
use crate::held::Held;
use crate::level::{After, Class, Level};
use crate::lock::Lock;
use crate::mode::Mode;
use crate::observe;
use crate::order::LockDiscipline;
use crate::raw::RawLock;

/// Threads that wait, perhaps with outer locks held, for a condition that threads at class `L` make true.
pub struct RankedCondvar<L: Class<Platform: Blocking>> {
    servers: AtomicU32,
    notifications: Notifications<L::Platform>,
    class: PhantomData<fn(L) -> L>,
}

impl<L: Class<Platform: Blocking>> fmt::Debug for RankedCondvar<L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RankedCondvar({}, {} servers)", L::NAME, self.servers.load(Ordering::Relaxed))
    }
}

/// Nobody serves the condition variable; holds the guard that was to be waited with.
pub struct NotServed<G> {
    guard: G,
}

impl<G> NotServed<G> {
    /// The guard, still held.
    pub fn into_guard(self) -> G {
        self.guard
    }
}

impl<G> fmt::Debug for NotServed<G> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NotServed")
    }
}

impl<G> fmt::Display for NotServed<G> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "nobody serves this condition variable; release what is held, and wait with nothing held until somebody does",
        )
    }
}

impl<G> core::error::Error for NotServed<G> {}

impl<L: Class<Order: LockDiscipline, Platform: Blocking>> RankedCondvar<L> {
    /// Nobody waits, and nobody serves.
    #[must_use]
    pub const fn new() -> Self {
        Self { servers: AtomicU32::new(0), notifications: Notifications::new(), class: PhantomData }
    }
}

impl<L: Class<Order: LockDiscipline, Platform: Blocking>> Default for RankedCondvar<L> {
    fn default() -> Self {
        Self::new()
    }
}

/// A thread that serves; leaves when it drops, also where its work panics.
struct Serving<'a, L: Class<Platform: Blocking>>(&'a RankedCondvar<L>);

impl<L: Class<Platform: Blocking>> Drop for Serving<'_, L> {
    fn drop(&mut self) {
        if self.0.servers.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.notifications.notify_all();
        }
        observe::released::<L, Sleeping>(self.0.address());
    }
}

impl<L: Class<Platform: Blocking>> RankedCondvar<L> {
    /// Its address, for the run-time checker.
    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Serves the condition variable while `work` runs, through which threads that wait here may be notified. Only what
    /// lies inside of its class can be acquired meanwhile.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn serve<H: Level, C: Context, O>(
        &self,
        _held: &mut Held<'_, H, C>,
        work: impl for<'i> FnOnce(Held<'i, L, C>) -> O,
    ) -> O
    where
        L: After<H>,
    {
        observe::got::<L, Sleeping>(self.address(), Mode::Shared, 0);
        self.servers.fetch_add(1, Ordering::SeqCst);
        let _serving = Serving(self);
        work(Held::mint())
    }

    /// Whether somebody serves it at this moment.
    pub fn is_served(&self) -> bool {
        self.servers.load(Ordering::SeqCst) > 0
    }

    /// Releases the lock, waits for a notification or for the last server to leave, acquires the lock again.
    ///
    /// # Errors
    ///
    /// [`NotServed`], with the guard, when nobody serves.
    ///
    /// # Panics
    ///
    /// When others wait with another lock.
    #[track_caller]
    #[allow(clippy::type_complexity, reason = "the guard comes back either way")]
    pub fn wait<'a, G: Class, R: RawLock, T: ?Sized, H: Level, C: MaySleep>(
        &self,
        guard: Guard<'a, Lock<G, R, T>, H, C>,
    ) -> Result<Guard<'a, Lock<G, R, T>, H, C>, NotServed<Guard<'a, Lock<G, R, T>, H, C>>>
    where
        L: After<H>,
    {
        self.release_and_wait(guard, &Waiting::here(Patience::UntilItHolds)).map(|(guard, _)| guard)
    }

    /// The same for `time` at most; says also whether a notification came, or the last server left.
    ///
    /// # Errors
    ///
    /// [`NotServed`], with the guard, when nobody serves.
    ///
    /// # Panics
    ///
    /// When others wait with another lock.
    #[track_caller]
    pub fn wait_for<'a, G: Class, R: RawLock, T: ?Sized, H: Level, C: MaySleep>(
        &self,
        guard: Guard<'a, Lock<G, R, T>, H, C>,
        time: Duration,
    ) -> Result<(Guard<'a, Lock<G, R, T>, H, C>, bool), NotServed<Guard<'a, Lock<G, R, T>, H, C>>>
    where
        L: After<H>,
    {
        self.release_and_wait(guard, &Waiting::here(Patience::For(time)))
    }

    /// Waits with the lock that `guard` holds.
    #[track_caller]
    fn release_and_wait<'a, G: Class, R: RawLock, T: ?Sized, H: Level, C: MaySleep>(
        &self,
        guard: Guard<'a, Lock<G, R, T>, H, C>,
        waiting: &Waiting,
    ) -> Result<(Guard<'a, Lock<G, R, T>, H, C>, bool), NotServed<Guard<'a, Lock<G, R, T>, H, C>>>
    where
        L: After<H>,
    {
        // Before the look at the servers: the last one to leave notifies after it has left.
        let seen = self.notifications.number();
        if !self.is_served() {
            return Err(NotServed { guard });
        }
        let waiting = waiting.with(guard.lock_ref().core_address());
        Ok(guard.release_while(|| {
            observe::might_wait::<L, Sleeping>(self.address(), Mode::Exclusive);
            observe::waits_for_a_thread::<L::Platform>(Some(L::INFO), waiting.place);
            // SAFETY: everything held is outside of `L`, which somebody serves, in a context that may sleep.
            unsafe { self.notifications.wait_past(seen, &waiting) }
        }))
    }

    /// Wakes the thread that has waited longest.
    pub fn notify_one(&self) {
        self.notifications.notify_one();
    }

    /// Wakes all.
    pub fn notify_all(&self) {
        self.notifications.notify_all();
    }
}
