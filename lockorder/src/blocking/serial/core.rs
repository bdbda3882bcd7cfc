//! The core of a serialising token: which threads have it, and which wait for it.
//!
//! | `state` | meaning |
//! |---|---|
//! | `UNLOCKED` | nobody has it |
//! | a thread's number, shifted by one | that thread has it exclusively |
//! | `SHARED` + *n* × `READER` | *n* threads share it |
//!
//! While a thread waits to have it exclusively no new reader enters.

use core::fmt;
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::blocking::{Blocking, RawWaitQueue, Waiting};
use crate::mode::Mode;

/// Nobody has it.
const UNLOCKED: u64 = 0;
/// Set while it is shared; the other bits count the readers then, and are the owner's number otherwise.
const SHARED: u64 = 1;
/// One reader.
const READER: u64 = 2;

/// How often a thread looks at a token while its owner runs.
const LOOKS: u32 = 100;
/// Pauses between two looks.
const PAUSES: u32 = 16;

/// A token without data and class.
pub(super) struct SerialCore<P: Blocking> {
    state: AtomicU64,
    /// How many threads wait to have it exclusively.
    writers_waiting: AtomicU32,
    waiters: P::WaitQueue,
}

impl<P: Blocking> fmt::Debug for SerialCore<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SerialCore").field("held", &self.is_held()).finish_non_exhaustive()
    }
}

impl<P: Blocking> SerialCore<P> {
    /// A free token.
    pub(super) const fn new() -> Self {
        Self {
            state: AtomicU64::new(UNLOCKED),
            writers_waiting: AtomicU32::new(0),
            waiters: P::WaitQueue::INIT,
        }
    }

    /// Whether anybody has it at this moment.
    pub(super) fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) != UNLOCKED
    }

    /// The state in which a thread has it exclusively.
    const fn owned_by(thread: NonZeroU64) -> u64 {
        thread.get() << 1
    }

    /// Changes the state, if it is as expected.
    #[inline]
    fn change(&self, from: u64, to: u64) -> bool {
        self.state.compare_exchange(from, to, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    /// Takes it for a thread that does not have it, if that is possible at once.
    #[inline]
    pub(super) fn take(&self, mode: Mode, thread: NonZeroU64) -> bool {
        if mode == Mode::Exclusive {
            return self.change(UNLOCKED, Self::owned_by(thread));
        }
        let enter =
            |state: u64| (state == UNLOCKED || state & SHARED != 0).then_some((state | SHARED) + READER);
        self.writers_waiting.load(Ordering::SeqCst) == 0
            && self.state.fetch_update(Ordering::SeqCst, Ordering::Relaxed, enter).is_ok()
    }

    /// Takes it as `take` does, looking again for a bounded time while its owner runs.
    pub(super) fn take_soon(&self, mode: Mode, thread: NonZeroU64) -> bool {
        for _ in 0..LOOKS {
            if self.take(mode, thread) {
                return true;
            }
            let state = self.state.load(Ordering::Relaxed);
            let owner = if state & SHARED == 0 { NonZeroU64::new(state >> 1) } else { None };
            if owner.is_some_and(|owner| !P::runs(owner)) {
                return false;
            }
            (0..PAUSES).for_each(|_| P::relax());
        }
        false
    }

    /// Makes the only reader the owner; false where there are others.
    pub(super) fn try_upgrade(&self, thread: NonZeroU64) -> bool {
        self.change(SHARED + READER, Self::owned_by(thread))
    }

    /// Makes the owner a reader, and lets others in.
    pub(super) fn downgrade(&self) {
        self.state.store(SHARED + READER, Ordering::SeqCst);
        self.wake();
    }

    /// Waits until it is taken.
    ///
    /// # Safety
    ///
    /// The thread may block here, and has no token in the meantime but such as stand before this one in the order of
    /// addresses.
    pub(super) unsafe fn wait(&self, mode: Mode, thread: NonZeroU64, waiting: &Waiting) {
        /// Withdraws the writer's claim when it drops, also where the wait panics.
        struct Claim<'a>(&'a AtomicU32, u32);
        impl Drop for Claim<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(self.1, Ordering::SeqCst);
            }
        }
        let claim = Claim(&self.writers_waiting, u32::from(mode == Mode::Exclusive));
        self.writers_waiting.fetch_add(claim.1, Ordering::SeqCst);
        // SAFETY: the thread may wait here, by this function's contract. Readers that were refused meanwhile are woken when the token is given back.
        unsafe { self.waiters.wait(waiting, &mut || self.take(mode, thread)) };
    }

    /// Gives it back.
    #[inline]
    pub(super) fn give(&self, mode: Mode) {
        if mode == Mode::Exclusive {
            self.state.store(UNLOCKED, Ordering::SeqCst);
        } else {
            let leave = |state: u64| {
                let left = state - READER;
                Some(if left == SHARED { UNLOCKED } else { left })
            };
            let _ = self.state.fetch_update(Ordering::SeqCst, Ordering::Relaxed, leave);
        }
        self.wake();
    }

    /// Wakes all that wait: readers and writers may wait side by side, and whom the change serves is not known.
    #[inline]
    fn wake(&self) {
        if !self.waiters.is_empty() {
            self.waiters.wake_all();
        }
    }
}
