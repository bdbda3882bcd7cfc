//! The sequence core: readers that never write, and notice that a writer came in between.
//!
//! A counter is odd while a write is under way. A reader notes it, copies the data, and looks again: an even number
//! that has not changed says that the copy is of one piece. Writers exclude one another by other means.
//!
//! The data is copied while it may be written, so every access to it is atomic; relaxed ones do, since the core
//! orders them with fences. The argument (Boehm, *Can seqlocks get along with programming language memory models?*):
//!
//! - A reader that has read anything of a write sees its odd number, or a later one, when it looks again: the writer's
//!   release fence stands between the two stores, the reader's acquire fence between the two loads.
//! - A reader that begins at an even number has everything of the write that ended with it: that store
//!   releases, the load acquires.

use core::sync::atomic::{AtomicUsize, Ordering, fence};

/// How many halves of writes there have been: each begins and ends.
#[derive(Debug)]
pub struct Sequence {
    // As wide as a pointer: on 64 bits it never comes around, so a reader that sleeps for long is not fooled.
    halves: AtomicUsize,
}

impl Sequence {
    /// No write yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { halves: AtomicUsize::new(0) }
    }

    /// Begins to read: what [`is_current`](Self::is_current) asks for, or `None` while a write is under way.
    #[inline]
    pub fn begin_read(&self) -> Option<usize> {
        let begun = self.halves.load(Ordering::Acquire);
        begun.is_multiple_of(2).then_some(begun)
    }

    /// Whether no write has begun since: what was read meanwhile is of one piece.
    #[inline]
    pub fn is_current(&self, begun: usize) -> bool {
        fence(Ordering::Acquire);
        self.halves.load(Ordering::Relaxed) == begun
    }

    /// Runs `write`, which stores the data with relaxed atomics. The caller excludes other writers.
    #[inline]
    pub fn write(&self, write: impl FnOnce()) {
        let before = self.halves.load(Ordering::Relaxed);
        self.halves.store(before.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        write();
        self.halves.store(before.wrapping_add(2), Ordering::Release);
    }
}

impl Default for Sequence {
    fn default() -> Self {
        Self::new()
    }
}
