//! Places for threads: a table that never grows, in which each thread stands as long as it exists.
//!
//! A thread's place is the number of its stack, or of the CPU whose idle thread it is. The table holds weak references, so
//! it keeps no thread alive. A leaf guards it: one reference is put in, taken out or tried at a time.

use alloc::sync::{Arc, Weak};
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::thread_id::ThreadId;
use machine::cpu;
use machine::cpu::CpuIndex;

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::mm::stacks;

/// Places: one for each stack, and one for each CPU's idle thread.
const PLACES: usize = stacks::MOST + cpu::MAXIMUM;

/// Bits of a thread's number that say its place.
const PLACE_BITS: u32 = 15;
const _: () = assert!(PLACES <= 1 << PLACE_BITS, "every place fits into a number");

/// Where a thread stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    /// The place of the thread on a stack, or of a CPU's idle thread.
    pub(super) fn of(stack: Option<usize>, cpu: CpuIndex) -> Self {
        Self(stack.map_or(cpu.get(), |stack| cpu::MAXIMUM + stack))
    }

    /// The number by which the library knows the thread with an identity, at this place. Never 0.
    pub(super) const fn number(self, id: ThreadId) -> NonZeroU64 {
        NonZeroU64::MIN.saturating_add((id.number() + 1) << PLACE_BITS | self.0 as u64)
    }

    /// The place in a number.
    pub(super) fn in_number(number: NonZeroU64) -> Self {
        Self(usize::try_from((number.get() - 1) & ((1 << PLACE_BITS) - 1)).unwrap_or(usize::MAX))
    }
}

/// The identity of the thread with a number.
pub(super) const fn id(number: NonZeroU64) -> ThreadId {
    ThreadId::from_number(((number.get() - 1) >> PLACE_BITS) - 1)
}

/// What stands at each place.
type Entries<T> = [Option<Weak<T>>; PLACES];

/// A table of `T`s by their places.
pub(super) struct Table<T> {
    entries: LeafLock<Entries<T>>,
    /// No place from here on has ever been used.
    used: AtomicUsize,
}

impl<T> Table<T> {
    /// An empty table.
    #[allow(clippy::large_stack_arrays, reason = "it is a constant, for a static")]
    pub(super) const fn new() -> Self {
        Self { entries: LeafLock::new(Leaf::Threads, [const { None }; PLACES]), used: AtomicUsize::new(0) }
    }

    /// Runs an operation of this module on the entries.
    fn with<O>(&self, operation: impl FnOnce(&mut Entries<T>) -> O) -> O {
        // SAFETY: the operations move references and change their counts; none drops one.
        unsafe { self.entries.with(operation) }
    }

    /// Enters a value.
    pub(super) fn enter(&self, place: Place, value: &Arc<T>) {
        let reference = Arc::downgrade(value);
        // What stood there belonged to a value that is gone; it goes outside of the leaf, since that frees memory.
        let before = self.with(|entries| entries[place.0].replace(reference));
        drop(before);
        self.used.fetch_max(place.0 + 1, Ordering::Release);
    }

    /// Takes out what stands at a place, when it ends to exist.
    pub(super) fn leave(&self, place: Place) {
        let reference = self.with(|entries| entries[place.0].take());
        drop(reference);
    }

    /// What stands at a place, if it still exists.
    pub(super) fn get(&self, place: Place) -> Option<Arc<T>> {
        self.with(|entries| entries.get(place.0)?.as_ref().and_then(Weak::upgrade))
    }

    /// The same if the leaf is free.
    pub(super) fn try_get(&self, place: Place) -> Option<Arc<T>> {
        let look = |entries: &mut Entries<T>| entries.get(place.0)?.as_ref().and_then(Weak::upgrade);
        // SAFETY: upgrading a reference changes a count.
        unsafe { self.entries.try_with(look) }.flatten()
    }

    /// All places that have ever been used.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        (0..self.used.load(Ordering::Acquire)).map(Place)
    }
}

#[cfg(test)]
mod tests {
    use super::{CpuIndex, Place, ThreadId, id};

    #[test]
    fn a_number_says_who_and_where() {
        for (identity, place) in
            [(0, Place::of(None, CpuIndex::FIRST)), (77, Place::of(Some(8000), CpuIndex::FIRST))]
        {
            let identity = ThreadId::from_number(identity);
            let number = place.number(identity);
            assert_eq!((id(number), Place::in_number(number)), (identity, place));
        }
    }
}
