//! A condition variable for hosts.
//!
//! Waiting consumes the guard and gives it back: an inner guard still alive borrows it, and the program does
//! not compile (E0505). The context *outside* the lock must be able to sleep, so a guard acquired under a
//! spin lock cannot be waited with. A generation number closes the window between releasing the lock and
//! falling asleep: it is read before the release, so a notification after the release is seen.

use std::sync;

use crate::context::MaySleep;
use crate::guard::Guard;
use crate::level::Class;
use crate::raw::RawLock;

/// Threads waiting for a condition that a lock protects. Wake-ups may be spurious: wait in a loop.
#[derive(Debug, Default)]
pub struct Condvar {
    generation: sync::Mutex<u64>,
    changed: sync::Condvar,
}

impl Condvar {
    /// One with nobody waiting.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Releases the lock, waits for a notification, acquires the lock again.
    #[cfg_attr(feature = "checker", track_caller)]
    pub fn wait<'a, L: Class, R: RawLock, T: ?Sized, C: MaySleep>(
        &self,
        guard: Guard<'a, L, R, T, C>,
    ) -> Guard<'a, L, R, T, C> {
        let seen = *self.current();
        let (guard, ()) = guard.release_while(|| {
            let mut generation = self.current();
            while *generation == seen {
                generation = self.changed.wait(generation).unwrap_or_else(sync::PoisonError::into_inner);
            }
        });
        guard
    }

    /// Wakes one waiter at least, if there is one.
    pub fn notify_one(&self) {
        *self.current() += 1;
        self.changed.notify_one();
    }

    /// Wakes all waiters.
    pub fn notify_all(&self) {
        *self.current() += 1;
        self.changed.notify_all();
    }

    /// The generation; a panic elsewhere cannot leave a number half written, so poison is no news.
    fn current(&self) -> sync::MutexGuard<'_, u64> {
        self.generation.lock().unwrap_or_else(sync::PoisonError::into_inner)
    }
}
