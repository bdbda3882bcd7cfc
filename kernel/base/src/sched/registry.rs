//! All threads there are: for reports, for the watchdog, and for who knows a thread by its number.

use alloc::sync::Arc;
use core::num::NonZeroU64;

use super::table::{self, Place};
use super::thread::{THREADS, Thread};
use super::thread_id::ThreadId;

/// The identity of the thread with a number.
pub(super) const fn id(number: NonZeroU64) -> ThreadId {
    table::id(number)
}

/// The thread with a number, if it still exists.
pub(super) fn numbered(number: NonZeroU64) -> Option<Arc<Thread>> {
    let thread = THREADS.get(Place::in_number(number))?;
    (thread.id() == id(number)).then_some(thread)
}

/// Calls `look` with every thread that exists, one after the other. Threads may come and go meanwhile.
pub fn each(mut look: impl FnMut(&Arc<Thread>)) {
    for place in THREADS.places() {
        if let Some(thread) = THREADS.get(place) {
            look(&thread);
        }
    }
}

/// The same once every other CPU has been stopped, perhaps while it was in here: then nothing is shown.
pub(crate) fn each_of_stopped(mut look: impl FnMut(&Arc<Thread>)) {
    for place in THREADS.places() {
        if let Some(thread) = THREADS.try_get(place) {
            look(&thread);
            // If this was the last reference, its end would need locks that may be held for ever.
            core::mem::forget(thread);
        }
    }
}
