//! A number that the checker watches: reading it beside a write, or writing it beside anything, fails the model.

use loom::cell::UnsafeCell;

/// A number that only a core keeps threads from racing for.
#[derive(Debug)]
pub struct Watched(UnsafeCell<usize>);

// SAFETY: the checker runs one thread at a time, and fails the model at the first access that would be a race.
unsafe impl Sync for Watched {}

impl Watched {
    /// One that the core under test protects.
    #[must_use]
    pub fn new(value: usize) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Adds one; fails the model if anybody else may be at it.
    pub fn increase(&self) {
        // SAFETY: the pointer is used at once, while the checker runs no other thread.
        self.0.with_mut(|number| unsafe { *number += 1 });
    }

    /// Reads it; fails the model if anybody may be writing.
    #[must_use]
    pub fn read(&self) -> usize {
        // SAFETY: as above.
        self.0.with(|number| unsafe { *number })
    }
}
