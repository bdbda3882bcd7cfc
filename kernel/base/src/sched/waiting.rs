//! Waiting for any of several things, until a deadline, or until somebody interrupts the wait.
//!
//! What can be waited for has a [`Source`] beside it: a pipe one for its readers and one for its writers, a process one for its
//! parent, a terminal one for its input. Whoever changes what others look at wakes the source then, in any context and under
//! any lock. A thread that waits has entries at any number of sources ([`wait`]); it looks at its condition, blocks, and looks
//! again when a source, the clock, or somebody who knows the thread ([`Thread::wake`], as for a signal or a futex) has woken it.
//!
//! | | [`WaitQueue`](super::WaitQueue) | [`wait`] |
//! |---|---|---|
//! | a wake-up is for | one, or all | all |
//! | sources | one | any number, or none |
//! | ends early | at a deadline | at a deadline; at whatever the caller looks for, signals for example |
//! | too long a wait | a bug, if it was said so | what a program wants |
//!
//! Who waits for very many things again and again, of which few change, keeps a [`Gathering`] of them: it has entered them once, and
//! looks at those that were woken.
//!
//! **The look.** It runs in `Atomic` context, preemption off, never under a leaf, after the thread has entered: so it may take
//! spinning locks, and what it finds it may take. It includes the caller's own test whether to give up.
//!
//! **What it costs.** Who finds what it looks for at once enters nothing. Up to [`FEW`] sources need no memory. A thread stays
//! entered where it was not woken: of many sources only those that have woken it are entered again.

mod gathering;
mod source;

pub use gathering::{Gathering, Member, Watched};
pub use source::Source;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::array;
use core::fmt;
use core::panic::Location;

use lockorder::blocking::{Patience, Waiting, without_serial_tokens};
use lockorder::{Atomic, Held, Nothing, Root, Task};

use super::core::{block, current, forget_wake_at, wake_at};
use super::thread::Thread;
use crate::platform::Machine;
use crate::time::Instant;
use machine::interrupts::PreemptionOff;
use source::Entry;

/// How many sources are waited for without memory for them.
pub const FEW: usize = 4;

/// Why a wait has ended without what was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitError {
    /// The last look, at the deadline or after it, has found nothing.
    TimedOut,
    /// There is no memory to wait for so many sources.
    NoMemory,
}

impl fmt::Display for WaitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TimedOut => "the deadline has passed",
            Self::NoMemory => "no memory to wait for so many sources",
        })
    }
}

impl core::error::Error for WaitError {}

/// Waits until `look` finds something, at any of the `sources`, until `deadline`.
///
/// It is looked at first, after the thread has entered all sources, after each wake-up by one of them, after
/// [`Thread::wake`], and at the deadline or after it. Who wakes this thread itself has changed what it looks at by a sequentially
/// consistent write; [`Source::wake`] asks for no ordering. Without sources and deadline only [`Thread::wake`] ends the wait.
///
/// A wait of this kind may last: the watchdog does not look at it.
///
/// # Errors
///
/// [`WaitError::TimedOut`] when the last look has found nothing; [`WaitError::NoMemory`] when there is none for more than
/// [`FEW`] sources.
#[track_caller]
pub fn wait<T>(
    held: &mut Root<'_, Task>,
    sources: &[&Source],
    deadline: Option<Instant>,
    mut look: impl FnMut(&mut Held<'_, Nothing, Atomic>) -> Option<T>,
) -> Result<T, WaitError> {
    let waiting = Waiting::here(Patience::ForEver);
    let mut look = || look(&mut held.to_atomic());
    if let Some(result) = look_once(deadline, &mut look) {
        return result;
    }
    let thread = current();
    let few: [Option<Entry<'_>>; FEW];
    let mut many: Vec<Option<Entry<'_>>>;
    let entry = |source| Some(Entry::new(source, &thread));
    let entries = if sources.len() <= FEW {
        few = array::from_fn(|place| sources.get(place).copied().and_then(entry));
        few.as_slice()
    } else {
        many = Vec::new();
        many.try_reserve_exact(sources.len()).map_err(|_| WaitError::NoMemory)?;
        many.extend(sources.iter().copied().map(entry));
        many.as_slice()
    };
    let mut wait = || {
        // SAFETY: the entries lie in this frame or in its memory, are borrowed from here on, and leave when they drop.
        unsafe { wait_entered(&thread, entries, deadline, waiting.place, &mut look) }
    };
    // SAFETY: nothing is held but serialising tokens, in a context that may sleep, as the root says; what `look` borrows has
    // nothing of their data, whose tokens it would need.
    unsafe { without_serial_tokens::<Machine, _>(&waiting, &mut wait) }
}

/// Looks: what the wait ends with, if it ends with this look. At the clock first, so that the last look is after the deadline.
fn look_once<T>(
    deadline: Option<Instant>,
    look: &mut impl FnMut() -> Option<T>,
) -> Option<Result<T, WaitError>> {
    // What runs has a token for it that says so.
    let stay = PreemptionOff::new();
    let late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
    let found = look();
    drop(stay);
    match found {
        Some(found) => Some(Ok(found)),
        None => late.then_some(Err(WaitError::TimedOut)),
    }
}

/// The wait of a thread that has looked once in vain.
///
/// # Safety
///
/// The thread is this one, and may block here; the entries are its own, and stay where they are until they drop.
unsafe fn wait_entered<T>(
    thread: &Arc<Thread>,
    entries: &[Option<Entry<'_>>],
    deadline: Option<Instant>,
    place: &'static Location<'static>,
    look: &mut impl FnMut() -> Option<T>,
) -> Result<T, WaitError> {
    thread.set_wait(Some(place), false);
    let result = loop {
        // Not preempted from here on: a thread that has declared to wait would be taken for one that waits.
        let stay = PreemptionOff::new();
        thread.prepare_to_wait();
        // SAFETY: they stay where they are until they drop, by this function's contract.
        unsafe { source::enter_all(entries) }
        let ended = look_once(deadline, look);
        if ended.is_none()
            && let Some(deadline) = deadline
        {
            wake_at(deadline);
        }
        // Whoever has woken this thread has put it into an inbox, and blocking takes it out again.
        if ended.is_none() || !thread.cancel_wait() {
            block();
        }
        if ended.is_none() && deadline.is_some() {
            forget_wake_at();
        }
        drop(stay);
        // Mostly the wake-up was for this, and the thread need not enter again to see it.
        if let Some(result) = ended.or_else(|| look_once(deadline, look)) {
            break result;
        }
    };
    for entry in entries.iter().flatten() {
        entry.leave();
    }
    thread.set_wait(None, false);
    result
}
