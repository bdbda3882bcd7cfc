//! What a thread inherits: notes of what it was lent for which lock, and what it waits for.
//!
//! Plain data behind a leaf of the thread; `inheritance` has the protocol.

use core::num::NonZeroU64;
use core::ptr;

use lockorder::blocking::Owned;

use crate::platform::Machine;

/// For how many locks a thread can be lent a weight at once.
pub(super) const MOST_LOCKS: usize = 8;

/// What a thread was lent for a lock.
#[derive(Clone, Copy)]
struct Lent {
    /// The lock's address.
    lock: usize,
    weight: u64,
}

/// What a thread was lent, and what it waits for.
pub(super) struct Inheritance {
    lent: [Option<Lent>; MOST_LOCKS],
    /// The lock that it waits for, which stays where it is while it stands here.
    waits_for: *const Owned<Machine>,
}

// SAFETY: the pointer is followed under the thread's leaf only, while the thread waits for what it points to.
unsafe impl Send for Inheritance {}

impl Inheritance {
    /// Nothing.
    pub(super) const fn new() -> Self {
        Self { lent: [None; MOST_LOCKS], waits_for: ptr::null() }
    }

    /// Sets what the thread waits for; null for nothing. By the thread itself.
    pub(super) fn set_waits_for(&mut self, lock: *const Owned<Machine>) {
        self.waits_for = lock;
    }

    /// The note for a lock.
    fn note(&mut self, lock: usize) -> Option<&mut Option<Lent>> {
        self.lent.iter_mut().find(|lent| lent.is_some_and(|lent| lent.lock == lock))
    }

    /// Notes a weight for a lock. Zero takes the note away.
    pub(super) fn set(&mut self, lock: usize, weight: u64) {
        let noted = (weight > 0).then_some(Lent { lock, weight });
        if let Some(note) = self.note(lock) {
            *note = noted;
        } else if let Some(free) = self.lent.iter_mut().find(|lent| lent.is_none()) {
            *free = noted;
        }
    }

    /// Raises the note for a lock, if there is one; says whether there is.
    pub(super) fn raise(&mut self, lock: usize, weight: u64) -> bool {
        let note = self.note(lock).and_then(Option::as_mut);
        let noted = note.is_some();
        if let Some(note) = note {
            note.weight = note.weight.max(weight);
        }
        noted
    }

    /// What the thread waits for, and who owns that.
    pub(super) fn awaited(&self) -> Option<(usize, Option<NonZeroU64>)> {
        // SAFETY: the lock stays where it is until the thread has said, under its leaf, that it waits no more; the caller
        // has that leaf.
        let lock = unsafe { self.waits_for.as_ref() }?;
        Some((name(lock), lock.owner()))
    }

    /// The greatest weight that was lent.
    pub(super) fn greatest(&self) -> u64 {
        self.lent.iter().flatten().map(|lent| lent.weight).max().unwrap_or(0)
    }

    /// For how many locks something was lent.
    pub(super) fn count(&self) -> usize {
        self.lent.iter().flatten().count()
    }
}

/// The address that a lock is known by.
pub(super) fn name(lock: &Owned<Machine>) -> usize {
    ptr::from_ref(lock).addr()
}
