//! The core of a serialising token: who has it, and who waits for it.
//!
//! One word: free, the number of the thread that has it alone, or how many share it. While somebody waits to have it alone
//! no new reader comes in.

use core::fmt;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::blocking::{Blocking, RawWaitQueue, Waiting};

/// How a token is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// By one thread alone.
    Alone,
    /// By several readers.
    Shared,
}

/// Nobody has it.
const FREE: u64 = 0;
/// Set while it is shared; the other bits count the readers then, and are the owner's number otherwise.
const SHARED: u64 = 1;
/// One reader.
const READER: u64 = 2;

/// How often a thread looks at a token while its owner runs.
const LOOKS: u32 = 100;
/// Pauses between two looks.
const PAUSES: u32 = 16;

/// A token without data, class or order.
pub struct TokenCore<P: Blocking> {
    state: AtomicU64,
    /// How many wait to have it alone.
    wanted_alone: AtomicU32,
    waiters: P::WaitQueue,
}

impl<P: Blocking> fmt::Debug for TokenCore<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenCore").field("held", &self.is_held()).finish_non_exhaustive()
    }
}

impl<P: Blocking> TokenCore<P> {
    /// A free token.
    pub(super) const fn new() -> Self {
        Self { state: AtomicU64::new(FREE), wanted_alone: AtomicU32::new(0), waiters: P::WaitQueue::INIT }
    }

    /// Whether anybody has it at this moment.
    pub(super) fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) != FREE
    }

    /// Takes it, if that is possible at once. The thread does not have it yet.
    pub(super) fn take(&self, sharing: Sharing) -> bool {
        match sharing {
            Sharing::Alone => self
                .state
                .compare_exchange(FREE, P::thread().get() << 1, Ordering::SeqCst, Ordering::Relaxed)
                .is_ok(),
            Sharing::Shared => {
                let enter =
                    |state: u64| (state == FREE || state & SHARED != 0).then_some((state | SHARED) + READER);
                self.wanted_alone.load(Ordering::SeqCst) == 0
                    && self.state.fetch_update(Ordering::SeqCst, Ordering::Relaxed, enter).is_ok()
            }
        }
    }

    /// Takes it, spinning a while where that is worth it.
    pub(super) fn take_soon(&self, sharing: Sharing) -> bool {
        for _ in 0..LOOKS {
            if self.take(sharing) {
                return true;
            }
            let state = self.state.load(Ordering::Relaxed);
            let owner = if state & SHARED == 0 { core::num::NonZeroU64::new(state >> 1) } else { None };
            if owner.is_some_and(|owner| !P::runs(owner)) {
                return false;
            }
            (0..PAUSES).for_each(|_| P::relax());
        }
        false
    }

    /// Waits until it is taken. The thread has no token meanwhile, or such only as come before this one.
    pub(super) fn wait(&self, sharing: Sharing, waiting: &Waiting) {
        let alone = u32::from(sharing == Sharing::Alone);
        self.wanted_alone.fetch_add(alone, Ordering::SeqCst);
        self.waiters.wait(waiting, &mut || self.take(sharing));
        self.wanted_alone.fetch_sub(alone, Ordering::SeqCst);
        // Readers that were refused for its sake are woken when the token is given back.
    }

    /// Gives it back.
    pub(super) fn give(&self, sharing: Sharing) {
        match sharing {
            Sharing::Alone => self.state.store(FREE, Ordering::SeqCst),
            Sharing::Shared => {
                let leave = |state: u64| {
                    let left = state - READER;
                    Some(if left == SHARED { FREE } else { left })
                };
                let _ = self.state.fetch_update(Ordering::SeqCst, Ordering::Relaxed, leave);
            }
        }
        // Readers and others may wait side by side; whom it serves is not known.
        if !self.waiters.is_empty() {
            self.waiters.wake_all();
        }
    }
}
