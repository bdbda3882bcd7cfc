//! The core of locks that sleep and have an owner.
//!
//! One word says who owns it: the thread's number. Taking a free one is a compare-exchange.
//!
//! - An [`Adaptive`] mutex: while its owner runs on another CPU it will soon be free, so a waiter spins, for a bounded
//!   time; when the owner does not run, or takes long, the waiter sleeps. (Adaptive mutexes are those of Solaris: Mauro and
//!   `McDougall`, *Solaris Internals*, section 3.5.)
//! - A [`Sleep`] lock is for what is held long: its waiters sleep at once.
//!
//! Whoever comes by may take a free lock before a waiter that was woken for it: handing it over to a thread that does not
//! run yet would leave it idle. A waiter that has come too late several times becomes the *heir*, whom nobody passes
//! any more; so nobody waits for ever. It enters the queue again, in front of the others, so that a release wakes it alone; one with
//! a time limit stays where it is, since its time has begun, and a release then wakes them all. A thread that wants what it owns already would wait for ever: that is a bug, and
//! panics.

use core::fmt;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use super::{Blocking, RawWaitQueue, Requeues, Waiting, wait};
use crate::context::Sleeping;
use crate::platform::Platform;
use crate::raw::{HasOwner, RawLock, RawTimedLock, WaitsOn};

/// How often a waiter looks at the lock while its owner runs.
const LOOKS: u32 = 200;
/// Pauses between two looks.
const PAUSES: u32 = 16;
/// How often a waiter may come too late before it becomes the heir.
const PATIENCE: u32 = 4;
/// In `heir`: it may stand anywhere in the queue, and not in front.
const ANYWHERE: u64 = 1 << 63;

/// A lock with an owner, and those who wait for it.
pub struct Owned<P: Blocking> {
    /// The owner's number; 0 when it is free.
    owner: AtomicU64,
    /// The number of the waiter that is next, if there is such a one; and whether it stands anywhere.
    heir: AtomicU64,
    waiters: P::WaitQueue,
}

/// The core of an adaptive mutex: a waiter spins while the owner runs.
pub struct Adaptive<P: Blocking>(Owned<P>);

/// The core of a lock for what is held long: a waiter sleeps at once.
pub struct Sleep<P: Blocking>(Owned<P>);

impl<P: Blocking> fmt::Debug for Owned<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Owned").field("owner", &self.owner()).finish_non_exhaustive()
    }
}

impl<P: Blocking> fmt::Debug for Adaptive<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Adaptive").field(&self.0).finish()
    }
}

impl<P: Blocking> fmt::Debug for Sleep<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Sleep").field(&self.0).finish()
    }
}

impl<P: Blocking> Owned<P> {
    /// Free.
    const fn new() -> Self {
        Self { owner: AtomicU64::new(0), heir: AtomicU64::new(0), waiters: P::WaitQueue::INIT }
    }

    /// The number of the thread that owns it.
    #[must_use]
    pub fn owner(&self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.owner.load(Ordering::SeqCst))
    }

    /// Those who wait for it: for platforms whose owners inherit.
    #[must_use]
    pub const fn waiters(&self) -> &P::WaitQueue {
        &self.waiters
    }

    /// Takes it for thread `this` if it is free, and promised to nobody else.
    fn take(&self, this: u64) -> bool {
        match self.heir.load(Ordering::SeqCst) {
            0 => self.take_free(this),
            heir => heir & !ANYWHERE == this && self.take_as_heir(this),
        }
    }

    /// Takes it for thread `this` if it is free.
    fn take_free(&self, this: u64) -> bool {
        self.owner.compare_exchange(0, this, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    /// Takes it for thread `this`, which is the heir, if it is free: nobody is the heir then.
    #[cold]
    fn take_as_heir(&self, this: u64) -> bool {
        let taken = self.take_free(this);
        if taken {
            self.heir.store(0, Ordering::SeqCst);
        }
        taken
    }

    /// Takes it without waiting.
    fn attempt(&self) -> bool {
        let taken = self.take(P::thread().get());
        if taken && !self.waiters.is_empty() {
            P::takes_awaited(self);
        }
        taken
    }

    /// Spins while that is worth it; says whether the lock was got.
    fn spin(&self, this: u64) -> bool {
        for _ in 0..LOOKS {
            if self.take(this) {
                return true;
            }
            if self.owner().is_some_and(|owner| !P::runs(owner)) {
                return false;
            }
            (0..PAUSES).for_each(|_| P::relax());
        }
        false
    }

    /// Waits, for `time` at most; says whether the lock was got.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    #[cold]
    unsafe fn wait(&self, adaptive: bool, time: Option<Duration>) -> bool {
        let this = P::thread().get();
        assert_ne!(self.owner.load(Ordering::Relaxed), this, "a thread acquires a lock that it owns");
        // SAFETY: this thread may wait for the lock here, by this function's contract.
        let got = (adaptive && self.spin(this)) || unsafe { self.sleep(this, time) };
        if got && !self.waiters.is_empty() {
            P::takes_awaited(self);
        }
        got
    }

    /// Sleeps until the lock is got, for `time` at most.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    unsafe fn sleep(&self, this: u64, time: Option<Duration>) -> bool {
        P::waits_for(self);
        let got = match time {
            // SAFETY: acquiring the core may block in the same way, so this thread is where it may.
            None => unsafe { self.sleep_until_got(this) },
            // SAFETY: as above.
            Some(_) => unsafe { self.sleep_for(this, time) },
        };
        P::waits_no_more(self);
        got
    }

    /// Sleeps until the lock is got: as the heir in front of the others, if it comes to that.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    unsafe fn sleep_until_got(&self, this: u64) -> bool {
        let (mut looks, mut got) = (0, false);
        let mut got_or_heir = || {
            got = self.take(this);
            looks += 1;
            // If somebody else is the heir already, this one waits on.
            let ends = got || (looks > PATIENCE && self.inherit(this));
            if !ends {
                P::sees_owner(self);
            }
            ends
        };
        // SAFETY: acquiring the core may block in the same way, so this thread is where it may.
        unsafe { wait::<P>(&self.waiters, &Waiting::up_to(None), &mut got_or_heir) };
        if got {
            return true;
        }
        // A new heir looks again: either it sees that the lock has come free meanwhile, or who frees it finds it in front.
        let mut condition = || {
            let taken = self.take(this);
            if !taken {
                P::sees_owner(self);
            }
            taken
        };
        // SAFETY: as above.
        unsafe { wait::<P>(&self.waiters, &Waiting::up_to(None).ahead(), &mut condition) }
    }

    /// Sleeps until the lock is got, for `time` at most: as the heir wherever it stands, if it comes to that.
    ///
    /// # Safety
    ///
    /// As for [`RawLock::acquire`].
    unsafe fn sleep_for(&self, this: u64, time: Option<Duration>) -> bool {
        let mut looks = 0;
        let mut condition = || {
            if self.take(this) {
                return true;
            }
            looks += 1;
            // A new heir looks again: either it sees that the lock has come free meanwhile, or who frees it sees that there is an heir,
            // and wakes all.
            let taken = looks > PATIENCE && self.inherit(this | ANYWHERE) && self.take(this);
            if !taken {
                P::sees_owner(self);
            }
            taken
        };
        // SAFETY: acquiring the core may block in the same way, so this thread is where it may.
        let got = unsafe { wait::<P>(&self.waiters, &Waiting::up_to(time), &mut condition) };
        let is_heir =
            || self.heir.compare_exchange(this | ANYWHERE, 0, Ordering::SeqCst, Ordering::Relaxed).is_ok();
        if !got && is_heir() {
            // Others may have been refused for its sake.
            self.waiters.wake_one();
        }
        got
    }

    /// Becomes the heir, unless there is one.
    fn inherit(&self, heir: u64) -> bool {
        self.heir.compare_exchange(0, heir, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    /// Frees it.
    fn release(&self) {
        self.owner.store(0, Ordering::SeqCst);
        P::releases(self);
        // An heir that still waits enters the queue before it looks, and sees that the lock is free; one that has given up has
        // left the queue, and takes its claim back itself.
        if !self.waiters.is_empty() {
            self.wake();
        }
    }

    /// Wakes whoever is to look whether it is free.
    #[cold]
    fn wake(&self) {
        if self.heir.load(Ordering::SeqCst) & ANYWHERE == 0 {
            self.waiters.wake_one();
        } else {
            self.waiters.wake_all();
        }
    }
}

// SAFETY: `owner` leaves 0 by a compare-exchange that one thread wins, and returns there by its owner's release
// only, which happens before the acquire that follows.
unsafe impl<B: Blocking> RawLock for Adaptive<B> {
    type Kind = Sleeping;
    const INIT: Self = Self(Owned::new());

    unsafe fn acquire<P: Platform>(&self) {
        if !self.0.attempt() {
            // SAFETY: this thread may wait for the lock here, by the contract of `RawLock::acquire`.
            unsafe { self.0.wait(true, None) };
        }
    }

    fn try_acquire(&self) -> bool {
        self.0.attempt()
    }

    unsafe fn release(&self) {
        self.0.release();
    }

    fn is_held(&self) -> bool {
        self.0.owner().is_some()
    }
}

// SAFETY: as above: `wait` gets the lock by the same compare-exchange, or not at all.
unsafe impl<B: Blocking> RawTimedLock for Adaptive<B> {
    unsafe fn acquire_for<P: Platform>(&self, time: Duration) -> bool {
        // SAFETY: this thread may wait for the lock here, by the contract of `RawTimedLock::acquire_for`.
        self.0.attempt() || unsafe { self.0.wait(true, Some(time)) }
    }
}

// SAFETY: as for `Adaptive`.
unsafe impl<B: Blocking> RawLock for Sleep<B> {
    type Kind = Sleeping;
    const INIT: Self = Self(Owned::new());

    unsafe fn acquire<P: Platform>(&self) {
        if !self.0.attempt() {
            // SAFETY: this thread may wait for the lock here, by the contract of `RawLock::acquire`.
            unsafe { self.0.wait(false, None) };
        }
    }

    fn try_acquire(&self) -> bool {
        self.0.attempt()
    }

    unsafe fn release(&self) {
        self.0.release();
    }

    fn is_held(&self) -> bool {
        self.0.owner().is_some()
    }
}

// SAFETY: `wait` gets the lock by the same compare-exchange as `acquire`, or not at all.
unsafe impl<B: Blocking> RawTimedLock for Sleep<B> {
    unsafe fn acquire_for<P: Platform>(&self, time: Duration) -> bool {
        // SAFETY: this thread may wait for the lock here, by the contract of `RawTimedLock::acquire_for`.
        self.0.attempt() || unsafe { self.0.wait(false, Some(time)) }
    }
}

// SAFETY: its waiters sleep in `wait`, which gives the tokens of `P` back.
unsafe impl<P: Blocking> WaitsOn<P> for Adaptive<P> {}
// SAFETY: its waiters sleep in `wait`, which gives the tokens of `P` back.
unsafe impl<P: Blocking> WaitsOn<P> for Sleep<P> {}

impl<P: Blocking> HasOwner for Adaptive<P> {
    fn owner(&self) -> Option<NonZeroU64> {
        self.0.owner()
    }
}

impl<P: Blocking> HasOwner for Sleep<P> {
    fn owner(&self) -> Option<NonZeroU64> {
        self.0.owner()
    }
}

// SAFETY: the queue is the core's, and `Owned::release` wakes one of it.
unsafe impl<P: Blocking> Requeues<P> for Adaptive<P> {
    fn waiters(&self) -> &P::WaitQueue {
        &self.0.waiters
    }
}

// SAFETY: the queue is the core's, and `Owned::release` wakes one of it.
unsafe impl<P: Blocking> Requeues<P> for Sleep<P> {
    fn waiters(&self) -> &P::WaitQueue {
        &self.0.waiters
    }
}
