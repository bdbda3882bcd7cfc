//! The once core: one thread initialises, others wait, and then nobody writes any more.

use core::sync::atomic::{AtomicU32, Ordering};

use super::backoff::Backoff;
use crate::platform::Platform;

/// Nobody has begun.
const UNSET: u32 = 0;
/// A thread initialises.
const RUNNING: u32 = 1;
/// It is done.
const SET: u32 = 2;

/// How far one-time initialisation has come.
#[derive(Debug)]
pub struct OnceState {
    state: AtomicU32,
}

impl OnceState {
    /// Not begun.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: AtomicU32::new(UNSET) }
    }

    /// Whether it is done; if so, everything that initialising did is visible.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.state.load(Ordering::Acquire) == SET
    }

    /// Waits while another thread initialises. `true` when it is the caller's turn to initialise, and to
    /// [`finish`](Self::finish) or [`abandon`](Self::abandon); `false` when it is done.
    ///
    /// # Safety
    ///
    /// The caller may wait here for whoever initialises, as for [`RawLock::acquire`](super::RawLock::acquire).
    pub unsafe fn begin<P: Platform>(&self) -> bool {
        let mut backoff = Backoff::default();
        loop {
            match self.state.compare_exchange(UNSET, RUNNING, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return true,
                Err(SET) => return false,
                Err(_) => backoff.wait::<P>(),
            }
        }
    }

    /// It is done.
    ///
    /// # Safety
    ///
    /// The caller's [`begin`](Self::begin) gave `true`, and it has neither finished nor abandoned since.
    #[inline]
    pub unsafe fn finish(&self) {
        self.state.store(SET, Ordering::Release);
    }

    /// It failed, and somebody else may try.
    ///
    /// # Safety
    ///
    /// As for [`finish`](Self::finish).
    #[inline]
    pub unsafe fn abandon(&self) {
        self.state.store(UNSET, Ordering::Release);
    }
}

impl Default for OnceState {
    fn default() -> Self {
        Self::new()
    }
}
