//! Counting semaphores, of a class.
//!
//! A permit is held like a lock of the semaphore's class: it is acquired in order, where sleeping is allowed, and what is
//! acquired while it is held ranks further in. It may be released anywhere, also by another thread: what a permit does
//! not know is who holds it, so the run-time checker does not follow permits.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use super::{Blocking, RawWaitQueue, Waiting, wait};
use crate::context::{Context, MaySleep};
use crate::held::Held;
use crate::level::{Before, Class, Level, UpTo};

/// A number of permits, of class `L`.
pub struct Semaphore<L: Class<Platform: Blocking>> {
    permits: AtomicUsize,
    waiters: <L::Platform as Blocking>::WaitQueue,
    class: PhantomData<fn(L) -> L>,
}

impl<L: Class<Platform: Blocking>> fmt::Debug for Semaphore<L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Semaphore({}, {} permits)", L::NAME, self.permits())
    }
}

/// A permit; it goes back when this drops.
#[must_use = "a permit that is not kept goes back at once"]
pub struct Permit<'a, L: Class<Platform: Blocking>> {
    semaphore: &'a Semaphore<L>,
}

impl<L: Class<Platform: Blocking>> fmt::Debug for Permit<'_, L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Permit({})", L::NAME)
    }
}

impl<L: Class<Platform: Blocking>> Semaphore<L> {
    /// This many permits.
    #[must_use]
    pub const fn new(permits: usize) -> Self {
        Self { permits: AtomicUsize::new(permits), waiters: RawWaitQueue::INIT, class: PhantomData }
    }

    /// How many permits are left at this moment: for reports, never for decisions.
    pub fn permits(&self) -> usize {
        self.permits.load(Ordering::Relaxed)
    }

    /// Takes a permit, if there is one.
    fn take(&self) -> bool {
        let left = |permits: usize| permits.checked_sub(1);
        self.permits.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok()
    }

    /// Waits for a permit; gives it, and the token for what lies further in.
    #[track_caller]
    pub fn acquire<'s, H: Before<L> + UpTo<L>, C: MaySleep>(
        &'s self,
        held: &'s mut Held<'_, H, C>,
    ) -> (Permit<'s, L>, Held<'s, L, C>) {
        if !self.take() {
            wait::<L::Platform>(&self.waiters, &Waiting::up_to(None), &mut || self.take());
        }
        (Permit { semaphore: self }, held.at())
    }

    /// Waits for a permit, for `time` at most.
    #[track_caller]
    pub fn acquire_for<'s, H: Before<L> + UpTo<L>, C: MaySleep>(
        &'s self,
        held: &'s mut Held<'_, H, C>,
        time: Duration,
    ) -> Option<(Permit<'s, L>, Held<'s, L, C>)> {
        let got = self.take()
            || wait::<L::Platform>(&self.waiters, &Waiting::up_to(Some(time)), &mut || self.take());
        got.then(|| (Permit { semaphore: self }, held.at()))
    }

    /// Takes a permit if there is one. Trying waits for nobody, so it has no order.
    pub fn try_acquire<'s, H: Level, C: Context>(
        &'s self,
        _held: &'s mut Held<'_, H, C>,
    ) -> Option<Permit<'s, L>> {
        self.take().then_some(Permit { semaphore: self })
    }

    /// Adds a permit. Legal anywhere, under any lock, in any context.
    pub fn release(&self) {
        self.permits.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_one();
    }
}

impl<L: Class<Platform: Blocking>> Drop for Permit<'_, L> {
    fn drop(&mut self) {
        self.semaphore.release();
    }
}
