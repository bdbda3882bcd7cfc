//! Locks whose waiters sleep, with an owner.
//!
//! One word says who owns it: the thread's number, plus one. Taking a free one is a compare-exchange.
//!
//! - A [`Mutex`] is adaptive: while its owner runs on another CPU it will soon be free, so a waiter spins, for a bounded
//!   time; when the owner does not run, or takes long, the waiter sleeps. (Adaptive mutexes are those of Solaris: Mauro and
//!   `McDougall`, *Solaris Internals*, section 3.5.)
//! - A [`SleepLock`] is for what is held long, over I/O: its waiters sleep at once.
//!
//! Whoever comes by may take a free lock before a waiter that was woken for it: handing it over to a thread that does not
//! run yet would leave it idle. A waiter that has come too late several times becomes the *heir*, whom nobody passes
//! any more; so nobody waits for ever. A thread that wants what it owns already would wait for ever: that is a bug, and
//! panics.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use lockorder::context::Sleeping;
use lockorder::{Lock, Platform, RawLock, RawTimedLock};

use super::core::{current, running_on};
use super::wait_queue::WaitQueue;
use crate::arch::cpus;

/// An adaptive mutex of class `L` around a `T`: to be acquired where sleeping is allowed.
pub type Mutex<L, T> = Lock<L, SleepingCore<true>, T>;

/// A lock of class `L` around a `T` for what is held long; to be acquired where sleeping is allowed.
pub type SleepLock<L, T> = Lock<L, SleepingCore<false>, T>;

/// How often a waiter looks at the lock while its owner runs.
const LOOKS: u32 = 200;
/// Pauses between two looks.
const PAUSES: u32 = 16;
/// How often a waiter may come too late before it becomes the heir.
const PATIENCE: u32 = 4;

/// The core of a [`Mutex`], which spins while the owner runs, and of a [`SleepLock`], which does not.
pub struct SleepingCore<const ADAPTIVE: bool> {
    /// The owner's number plus one; 0 when it is free.
    owner: AtomicU64,
    /// The number plus one of the waiter that is next, if there is such a one.
    heir: AtomicU64,
    waiters: WaitQueue,
}

impl<const ADAPTIVE: bool> fmt::Debug for SleepingCore<ADAPTIVE> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SleepingCore").field("owner", &self.owner()).finish_non_exhaustive()
    }
}

impl<const ADAPTIVE: bool> SleepingCore<ADAPTIVE> {
    /// The number of the thread that owns it.
    #[must_use]
    pub fn owner(&self) -> Option<u64> {
        self.owner.load(Ordering::Relaxed).checked_sub(1)
    }

    /// Takes it for thread `this` if it is free, and promised to nobody else.
    fn take(&self, this: u64) -> bool {
        let heir = self.heir.load(Ordering::SeqCst);
        if heir != 0 && heir != this {
            return false;
        }
        let taken = self.owner.compare_exchange(0, this, Ordering::SeqCst, Ordering::Relaxed).is_ok();
        if taken && heir == this {
            self.heir.store(0, Ordering::SeqCst);
        }
        taken
    }

    /// Whether the owner runs on some CPU now.
    fn owner_runs(&self) -> bool {
        self.owner().is_some_and(|owner| (0..cpus::online()).any(|cpu| running_on(cpu) == owner))
    }

    /// Spins while that is worth it; says whether the lock was got.
    fn spin<P: Platform>(&self, this: u64) -> bool {
        for _ in 0..LOOKS {
            if self.take(this) {
                return true;
            }
            if self.owner.load(Ordering::Relaxed) != 0 && !self.owner_runs() {
                return false;
            }
            (0..PAUSES).for_each(|_| P::relax());
        }
        false
    }

    /// Waits, for `time` at most; says whether the lock was got.
    fn wait<P: Platform>(&self, time: Option<Duration>) -> bool {
        let thread = current();
        let this = thread.id() + 1;
        assert_ne!(self.owner.load(Ordering::Relaxed), this, "a thread acquires a lock that it owns");
        if ADAPTIVE && self.spin::<P>(this) {
            return true;
        }
        let mut looks = 0;
        let got = self.waiters.block_until_for(time, || {
            if self.take(this) {
                return true;
            }
            thread.set_waits_for(self.owner());
            looks += 1;
            // If somebody else is the heir already, this one waits on. A new heir looks again: either it sees that the
            // lock has come free meanwhile, or who frees it sees that there is an heir, and wakes all.
            looks > PATIENCE
                && self.heir.compare_exchange(0, this, Ordering::SeqCst, Ordering::Relaxed).is_ok()
                && self.take(this)
        });
        if !got && self.heir.compare_exchange(this, 0, Ordering::SeqCst, Ordering::Relaxed).is_ok() {
            // Others may have been refused for its sake.
            self.waiters.wake_one();
        }
        got
    }
}

// SAFETY: `owner` leaves 0 by a compare-exchange that one thread wins, and returns there by its owner's release
// only, which happens before the acquire that follows.
unsafe impl<const ADAPTIVE: bool> RawLock for SleepingCore<ADAPTIVE> {
    type Kind = Sleeping;
    const INIT: Self = Self { owner: AtomicU64::new(0), heir: AtomicU64::new(0), waiters: WaitQueue::new() };

    fn acquire<P: Platform>(&self) {
        if !self.try_acquire() {
            self.wait::<P>(None);
        }
    }

    fn try_acquire(&self) -> bool {
        self.take(current().id() + 1)
    }

    unsafe fn release(&self) {
        self.owner.store(0, Ordering::SeqCst);
        // The heir may stand anywhere in the queue.
        if self.heir.load(Ordering::SeqCst) == 0 {
            self.waiters.wake_one();
        } else {
            self.waiters.wake_all();
        }
    }

    fn is_held(&self) -> bool {
        self.owner().is_some()
    }
}

// SAFETY: as above: `wait` gets the lock by the same compare-exchange, or not at all.
unsafe impl<const ADAPTIVE: bool> RawTimedLock for SleepingCore<ADAPTIVE> {
    fn acquire_for<P: Platform>(&self, time: Duration) -> bool {
        self.try_acquire() || self.wait::<P>(Some(time))
    }
}
