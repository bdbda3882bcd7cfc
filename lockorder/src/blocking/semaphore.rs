//! Counting semaphores, of a class: so many threads at a time.
//!
//! A permit is held like a lock of the semaphore's class: it is acquired in order, what is acquired while it is held ranks
//! further in, and it stays on its thread and comes back when it drops. There is one permit at least, and no way to add any:
//! a semaphore that starts at zero and is released by others is a
//! [`SignallingSemaphore`](super::SignallingSemaphore), for which a thread waits with nothing held.

use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;

use super::{Blocking, RawWaitQueue, Waiting, wait};
use crate::context::{Context, MaySleep, Sleeping};
use crate::held::{Held, StaysOnItsThread};
use crate::level::{After, Class, Level};
use crate::mode::Mode;
use crate::observe;
use crate::order::LockDiscipline;

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

/// A permit; it goes back when this drops, on the thread that acquired it.
#[must_use = "a permit that is not kept goes back at once"]
pub struct Permit<'a, L: Class<Platform: Blocking>> {
    semaphore: &'a Semaphore<L>,
    mark: StaysOnItsThread,
}

impl<L: Class<Platform: Blocking>> fmt::Debug for Permit<'_, L> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Permit({})", L::NAME)
    }
}

impl<L: Class<Order: LockDiscipline, Platform: Blocking>> Semaphore<L> {
    /// This many permits.
    ///
    /// # Panics
    ///
    /// When there are none: nobody could ever add one. In a constant that is a compile error.
    #[must_use]
    pub const fn new(permits: usize) -> Self {
        assert!(permits > 0, "a semaphore has one permit at least; to signal, use a `SignallingSemaphore`");
        Self { permits: AtomicUsize::new(permits), waiters: RawWaitQueue::INIT, class: PhantomData }
    }
}

impl<L: Class<Platform: Blocking>> Semaphore<L> {
    /// How many permits are left at this moment: for reports, never for decisions.
    pub fn permits(&self) -> usize {
        self.permits.load(Ordering::Relaxed)
    }

    /// Its address, for the run-time checker.
    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }

    /// Takes a permit, if there is one.
    fn take(&self) -> bool {
        let left = |permits: usize| permits.checked_sub(1);
        self.permits.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok()
    }

    /// Gives a permit back.
    fn give(&self) {
        self.permits.fetch_add(1, Ordering::SeqCst);
        self.waiters.wake_one();
    }

    /// The permit that this thread has just taken, noted for the run-time checker. Where a report panics the permit goes back.
    #[cfg_attr(feature = "checker", track_caller)]
    fn taken(&self) -> Permit<'_, L> {
        /// A permit that nobody has noted yet; goes back when it drops.
        struct Taken<'a, L: Class<Platform: Blocking>>(&'a Semaphore<L>);
        impl<L: Class<Platform: Blocking>> Drop for Taken<'_, L> {
            fn drop(&mut self) {
                self.0.give();
            }
        }
        let taken = Taken(self);
        observe::got::<L, Sleeping>(self.address(), Mode::Shared, 0);
        core::mem::forget(taken);
        Permit { semaphore: self, mark: PhantomData }
    }

    /// Waits for a permit, for a time at most; says whether there is one.
    #[track_caller]
    fn take_or_wait(&self, waiting: &Waiting) -> bool {
        observe::might_wait::<L, Sleeping>(self.address(), Mode::Shared);
        // SAFETY: the tokens of both callers: everything held is outside of `L`, in a context that may sleep.
        self.take() || unsafe { wait::<L::Platform>(&self.waiters, waiting, &mut || self.take()) }
    }

    /// Waits for a permit; gives it, and the token for what lies further in.
    #[track_caller]
    pub fn acquire<'s, H: Level, C: MaySleep>(
        &'s self,
        _held: &'s mut Held<'_, H, C>,
    ) -> (Permit<'s, L>, Held<'s, L, C>)
    where
        L: After<H>,
    {
        self.take_or_wait(&Waiting::up_to(None));
        (self.taken(), Held::mint())
    }

    /// Waits for a permit, for `time` at most.
    #[track_caller]
    pub fn acquire_for<'s, H: Level, C: MaySleep>(
        &'s self,
        _held: &'s mut Held<'_, H, C>,
        time: Duration,
    ) -> Option<(Permit<'s, L>, Held<'s, L, C>)>
    where
        L: After<H>,
    {
        self.take_or_wait(&Waiting::up_to(Some(time))).then(|| (self.taken(), Held::mint()))
    }

    /// Takes a permit if there is one, at once.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn try_acquire<'s, H: Level, C: Context>(
        &'s self,
        _held: &'s mut Held<'_, H, C>,
    ) -> Option<(Permit<'s, L>, Held<'s, L, C>)>
    where
        L: After<H>,
    {
        self.take().then(|| (self.taken(), Held::mint()))
    }
}

impl<L: Class<Platform: Blocking>> Drop for Permit<'_, L> {
    fn drop(&mut self) {
        self.semaphore.give();
        observe::released::<L, Sleeping>(self.semaphore.address());
    }
}
