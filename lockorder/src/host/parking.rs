//! A mutex for hosts, whose waiters sleep in the operating system.
//!
//! One word: free, held, or held and waited for (Drepper, "Futexes Are Tricky", 2011, the second mutex). A free lock is
//! taken and given back without a call; a waiter looks a few times, since the holder is often done at once, then marks the
//! word and sleeps. Whoever frees a marked word wakes one.

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::sync::{Condvar, Mutex as SystemMutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Host;
use crate::blocking::{Patience, Waiting, without_serial_tokens};
use crate::context::Sleeping;
use crate::lock::Lock;
use crate::platform::Platform;
use crate::raw::{RawLock, RawTimedLock, WaitsOn};

/// A mutex of class `L` around a `T`, for threads of an operating system.
pub type Mutex<L, T> = Lock<L, Parking, T>;

/// Nobody holds it.
const UNLOCKED: u32 = 0;
/// Somebody holds it, and nobody sleeps for it.
const LOCKED: u32 = 1;
/// Somebody holds it, and somebody may sleep for it.
const CONTENDED: u32 = 2;

/// How often a waiter looks before it sleeps.
const LOOKS: u32 = 100;

/// The core of a [`Mutex`].
pub struct Parking {
    state: AtomicU32,
    /// Held for a moment by who goes to sleep and by who wakes, so that no wake-up falls in between.
    sleepers: SystemMutex<()>,
    freed: Condvar,
}

impl fmt::Debug for Parking {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Parking").field("held", &self.is_held()).finish_non_exhaustive()
    }
}

impl Parking {
    /// The sleepers' lock; it protects nothing that a panic could leave half done.
    fn sleepers(&self) -> MutexGuard<'_, ()> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a free lock.
    #[inline]
    fn take(&self) -> bool {
        self.state.compare_exchange(UNLOCKED, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Waits, until `deadline` at most; says whether the lock was taken.
    #[cold]
    fn wait<P: Platform>(&self, deadline: Option<Instant>) -> bool {
        for _ in 0..LOOKS {
            if self.state.load(Ordering::Relaxed) == UNLOCKED && self.take() {
                return true;
            }
            P::relax();
        }
        // SAFETY: whoever acquires the core says that it may wait for it here.
        unsafe {
            without_serial_tokens::<Host, _>(&Waiting::here(Patience::UntilItHolds), || self.sleep(deadline))
        }
    }

    /// Sleeps until the lock is got, until `deadline` at most; says whether it was.
    fn sleep(&self, deadline: Option<Instant>) -> bool {
        let mut sleepers = self.sleepers();
        // Marked before each sleep: whoever frees it from now on comes for the sleepers' lock. A lock that is taken here
        // stays marked, since others may sleep; that costs its release one needless wake-up.
        while self.state.swap(CONTENDED, Ordering::Acquire) != UNLOCKED {
            sleepers = match deadline {
                None => self.freed.wait(sleepers).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.freed.wait_timeout(sleepers, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }
}

// SAFETY: `state` leaves `UNLOCKED` by a read-modify-write that one thread wins, and returns there by the holder's release
// only, which writes with Release what every way in reads with Acquire.
#[allow(unsafe_code, reason = "a lock core; the argument is beside it")]
unsafe impl RawLock for Parking {
    type Kind = Sleeping;
    const INIT: Self =
        Self { state: AtomicU32::new(UNLOCKED), sleepers: SystemMutex::new(()), freed: Condvar::new() };

    #[inline]
    unsafe fn acquire<P: Platform>(&self) {
        if !self.take() {
            self.wait::<P>(None);
        }
    }

    #[inline]
    fn try_acquire(&self) -> bool {
        self.take()
    }

    #[inline]
    unsafe fn release(&self) {
        if self.state.swap(UNLOCKED, Ordering::Release) == CONTENDED {
            // Whoever has marked the word sleeps by the time the sleepers' lock is got.
            drop(self.sleepers());
            self.freed.notify_one();
        }
    }

    fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) != UNLOCKED
    }
}

// SAFETY: its waiters sleep without the host's serialising tokens, by `without_serial_tokens`.
#[allow(unsafe_code, reason = "what a core promises of its waiters; the argument is beside it")]
unsafe impl WaitsOn<Host> for Parking {}

// SAFETY: as above: `wait` takes the lock in the same way, or not at all.
#[allow(unsafe_code, reason = "a lock core; the argument is beside it")]
unsafe impl RawTimedLock for Parking {
    unsafe fn acquire_for<P: Platform>(&self, time: Duration) -> bool {
        self.take() || self.wait::<P>(Instant::now().checked_add(time))
    }
}
