//! A lock whose waiters sleep, with an owner.
//!
//! One word: the number of the thread that owns it, plus one. Taking a free one is a compare-exchange; a
//! waiter sleeps in a wait queue and tries again when woken. A thread that wants what it owns already would
//! wait for ever: that is a bug, and panics.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use lockorder::context::Sleeping;
use lockorder::{Lock, Platform, RawLock};

use super::core::current;
use super::wait_queue::WaitQueue;

/// A mutex of class `L` around a `T`: to be acquired where sleeping is allowed.
pub type Mutex<L, T> = Lock<L, SleepingCore, T>;

/// The core of a [`Mutex`].
pub struct SleepingCore {
    /// The owner's number plus one; 0 when it is free.
    owner: AtomicU64,
    waiters: WaitQueue,
}

impl fmt::Debug for SleepingCore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SleepingCore").field("owner", &self.owner()).finish_non_exhaustive()
    }
}

impl SleepingCore {
    /// The number of the thread that owns it.
    #[must_use]
    pub fn owner(&self) -> Option<u64> {
        self.owner.load(Ordering::Relaxed).checked_sub(1)
    }
}

// SAFETY: `owner` leaves 0 by a compare-exchange that one thread wins, and returns there by its owner's release
// only, which happens before the acquire that follows.
unsafe impl RawLock for SleepingCore {
    type Kind = Sleeping;
    const INIT: Self = Self { owner: AtomicU64::new(0), waiters: WaitQueue::new() };

    fn acquire<P: Platform>(&self) {
        if self.try_acquire() {
            return;
        }
        let this = current().id() + 1;
        assert_ne!(self.owner.load(Ordering::Relaxed), this, "a thread acquires a mutex that it owns");
        self.waiters.block_until(|| self.try_acquire());
    }

    fn try_acquire(&self) -> bool {
        let this = current().id() + 1;
        self.owner.compare_exchange(0, this, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    unsafe fn release(&self) {
        self.owner.store(0, Ordering::SeqCst);
        self.waiters.wake_one();
    }

    fn is_held(&self) -> bool {
        self.owner().is_some()
    }
}
