//! Leaf locks: the few that stand outside of the hierarchy.
//!
//! The frame allocator, the heap and the diagnostics console are reached from anywhere, with anything held:
//! `GlobalAlloc` has no token parameter, and a driver prints while it holds its queue. They are leaves:
//! interrupts are off while one is held, what runs inside is closed code of this kernel that acquires nothing
//! and calls nobody back. So no cycle can pass through one, whatever is held around it. How long each is held:
//!
//! | leaf | bounded by |
//! |---|---|
//! | frames | a constant: one batch of frames, each joined with its neighbours ten times at most, or 256 ranges |
//! | stacks, threads | a constant: one number, one reference |
//! | heap | a batch of blocks, or the blocks of one new slab |
//! | console, records | the line's bytes, 87 microseconds each; a port that nobody reads costs a tenth of a second once |
//! | wait queue | a constant to enter, leave and wake; to find the greatest weight, or who waits with one lock, how many wait |
//! | source | a constant: one entry at a time |
//! | gathering | a constant: one member at a time; for who looks on where a member was moved meanwhile, how many were told |
//! | inheritance | a constant: the eight locks that a thread can be lent weight for |
//!
//! This is no public interface. The uses, each named in [`Leaf`](crate::leaves::Leaf), are counted by a test.

use core::cell::UnsafeCell;
use core::fmt;

use lockorder::Platform;
use lockorder::context::IrqSafe;
use lockorder::raw::{RawLock, Ticket};

use crate::leaves::Leaf;
use crate::platform::Machine;

/// Data behind a leaf lock.
pub(crate) struct LeafLock<T> {
    core: Ticket<IrqSafe>,
    name: Leaf,
    data: UnsafeCell<T>,
}

// SAFETY: the core gives the data to one CPU at a time.
unsafe impl<T: Send> Sync for LeafLock<T> {}

/// Releases a leaf's core when it drops, also when the closed code panics: the panic path prints.
struct Release<'a, T>(&'a LeafLock<T>);

impl<T> Drop for Release<'_, T> {
    fn drop(&mut self) {
        // SAFETY: made only where the core has been acquired, once for each acquisition.
        unsafe { self.0.core.release() }
        #[cfg(feature = "checker")]
        crate::checker::release_leaf(self.0.name, core::ptr::from_ref(&self.0.core).addr());
        // SAFETY: pairs with the count of the acquisition.
        unsafe { Machine::enable_interrupts() }
    }
}

impl<T> fmt::Debug for LeafLock<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LeafLock({:?})", self.name)
    }
}

impl<T> LeafLock<T> {
    /// A free leaf lock.
    pub(crate) const fn new(name: Leaf, data: T) -> Self {
        Self { core: Ticket::INIT, name, data: UnsafeCell::new(data) }
    }

    /// Runs `closed` with the data, interrupts off.
    ///
    /// # Safety
    ///
    /// `closed` acquires nothing, does not sleep, and calls nobody back whose code is not known here: the lock stands outside
    /// of the order, which holds only as long as every leaf is innermost.
    pub(crate) unsafe fn with<O>(&self, closed: impl FnOnce(&mut T) -> O) -> O {
        // SAFETY: `closed` acquires nothing and does not sleep, as the caller says.
        unsafe { Machine::disable_interrupts() }
        #[cfg(feature = "checker")]
        crate::checker::acquire_leaf(self.name, core::ptr::from_ref(&self.core).addr());
        // SAFETY: a leaf is innermost, may be waited for with interrupts off, and they are; its holders acquire nothing.
        unsafe { self.core.acquire::<Machine>() }
        let _release = Release(self);
        // SAFETY: the core is held until `_release` drops, and the borrow ends before.
        closed(unsafe { &mut *self.data.get() })
    }

    /// The same if the lock is free: for the panic path, where whoever holds it may have been stopped.
    ///
    /// # Safety
    ///
    /// As for [`with`](Self::with).
    pub(crate) unsafe fn try_with<O>(&self, closed: impl FnOnce(&mut T) -> O) -> Option<O> {
        // SAFETY: as in `with`.
        unsafe { Machine::disable_interrupts() }
        if !self.core.try_acquire() {
            // SAFETY: pairs with the call above.
            unsafe { Machine::enable_interrupts() }
            return None;
        }
        #[cfg(feature = "checker")]
        crate::checker::acquire_leaf(self.name, core::ptr::from_ref(&self.core).addr());
        let _release = Release(self);
        // SAFETY: as in `with`.
        Some(closed(unsafe { &mut *self.data.get() }))
    }
}
