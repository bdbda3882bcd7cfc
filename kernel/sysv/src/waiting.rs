//! Waiting for an object to change.

use core::sync::atomic::{AtomicU32, Ordering};

use abi::{Errno, Result};
use base::sched::waiting::{self, Source, WaitError};
use base::time::Instant;
use lockorder::{Root, Task};

/// How long a call waits, and what ends it early.
pub struct Waits<'a> {
    /// It does not wait.
    pub nonblocking: bool,
    /// Until when; none for ever.
    pub deadline: Option<Instant>,
    /// Whether the thread is to leave whatever it waits for.
    pub interrupted: &'a dyn Fn() -> bool,
}

impl core::fmt::Debug for Waits<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Waits").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// How often an object has changed, and who waits for that.
#[derive(Debug)]
pub(crate) struct Changes {
    count: AtomicU32,
    source: Source,
}

impl Changes {
    pub(crate) const fn new() -> Self {
        Self { count: AtomicU32::new(0), source: Source::new() }
    }

    /// How often it has changed, modulo its size. Under the object's lock.
    pub(crate) fn seen(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }

    /// It has changed. Under the object's lock, or after it.
    pub(crate) fn note(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.source.wake();
    }

    /// Waits until it has changed since it was seen.
    ///
    /// # Errors
    ///
    /// [`Errno::EAGAIN`] at the deadline; [`Errno::EINTR`]; [`Errno::ENOMEM`].
    pub(crate) fn wait(&self, held: &mut Root<'_, Task>, seen: u32, waits: &Waits<'_>) -> Result<()> {
        let look = || {
            if self.seen() != seen {
                return Some(Ok(()));
            }
            (waits.interrupted)().then_some(Err(Errno::EINTR))
        };
        match waiting::wait(held, &[&self.source], waits.deadline, |_| look()) {
            Ok(ended) => ended,
            Err(WaitError::TimedOut) => Err(Errno::EAGAIN),
            Err(WaitError::NoMemory) => Err(Errno::ENOMEM),
        }
    }
}
