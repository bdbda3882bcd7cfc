//! All threads there are: for reports, and for the watchdog.
//!
//! A table of weak references, by the number of each thread's stack, so that it never grows. It keeps no thread
//! alive. A leaf guards it: one reference is put in, taken out or tried at a time.

use alloc::sync::{Arc, Weak};
use core::num::NonZeroU64;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::thread::Thread;
use crate::arch::cpu;
use crate::leaf::{Leaf, LeafLock};
use crate::mm::stacks;

/// Places: one for each stack, and one for each CPU's idle thread.
const PLACES: usize = stacks::MOST + cpu::MAXIMUM;

static THREADS: LeafLock<[Option<Weak<Thread>>; PLACES]> =
    LeafLock::new(Leaf::Threads, [const { None }; PLACES]);
/// No place from here on has ever been used.
static USED: AtomicUsize = AtomicUsize::new(0);

/// Bits of a thread's number that say its place.
const PLACE_BITS: u32 = 14;
const _: () = assert!(PLACES <= 1 << PLACE_BITS, "every place fits into a number");

/// The number by which the library knows the thread with an identity, at a place. Never 0.
pub(super) const fn number(id: u64, place: usize) -> NonZeroU64 {
    NonZeroU64::MIN.saturating_add((id + 1) << PLACE_BITS | place as u64)
}

/// The identity of the thread with a number.
pub(super) const fn id(number: NonZeroU64) -> u64 {
    ((number.get() - 1) >> PLACE_BITS) - 1
}

/// The thread with a number, if it still exists.
pub(super) fn numbered(number: NonZeroU64) -> Option<Arc<Thread>> {
    let place = (number.get() - 1) & ((1 << PLACE_BITS) - 1);
    let place = usize::try_from(place).ok()?;
    let thread = THREADS.with(|threads| threads.get(place)?.as_ref().and_then(Weak::upgrade))?;
    (thread.id() == id(number)).then_some(thread)
}

/// The place of the thread on a stack, or of a CPU's idle thread.
pub(super) fn place(stack: Option<usize>, cpu: usize) -> usize {
    stack.map_or(cpu, |stack| cpu::MAXIMUM + stack)
}

/// Enters a thread.
pub(super) fn enter(place: usize, thread: &Arc<Thread>) {
    let reference = Arc::downgrade(thread);
    // What stood there belonged to a thread that is gone; it goes outside of the leaf, since that frees memory.
    let before = THREADS.with(|threads| threads[place].replace(reference));
    drop(before);
    USED.fetch_max(place + 1, Ordering::Release);
}

/// Takes a thread out, when it ends to exist.
pub(super) fn leave(place: usize) {
    let reference = THREADS.with(|threads| threads[place].take());
    drop(reference);
}

/// Calls `look` with every thread that exists, one after the other. Threads may come and go meanwhile.
pub fn each(mut look: impl FnMut(&Arc<Thread>)) {
    for place in 0..USED.load(Ordering::Acquire) {
        if let Some(thread) = THREADS.with(|threads| threads[place].as_ref().and_then(Weak::upgrade)) {
            look(&thread);
        }
    }
}

/// The same once every other CPU has been stopped, perhaps while it was in here: then nothing is shown.
pub(crate) fn each_of_stopped(mut look: impl FnMut(&Arc<Thread>)) {
    for place in 0..USED.load(Ordering::Acquire) {
        let thread = THREADS.try_with(|threads| threads[place].as_ref().and_then(Weak::upgrade)).flatten();
        if let Some(thread) = thread {
            look(&thread);
            // If this was the last reference, its end would need locks that may be held for ever.
            core::mem::forget(thread);
        }
    }
}
