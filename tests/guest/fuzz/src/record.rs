//! What workers do, written down in memory that they share with their supervisor.
//!
//! Each worker has a page of it: its seed, its process, how many calls it has made, and a ring of the last ones. So the supervisor sees
//! who makes no progress, and can say of someone who does not even end what it was doing. Beside that a table counts how often which
//! call ended how.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};

use crate::arena;

/// How many workers there may be; the last page is for children of workers.
pub(crate) const WORKERS: usize = 33;
/// Calls that a ring holds.
const RING: usize = 32;
/// Numbers of calls that are counted.
const NUMBERS: usize = 512;
/// Linux's largest errno.
pub(crate) const LARGEST_ERRNO: u64 = 133;
/// Outcomes that are counted: success, and each errno.
const OUTCOMES: usize = 134;
/// Where it is: far from all that calls are given, so that what they write does not reach it.
const PLACE: u64 = 0x2a_5000_0000;
/// What a call's result is while it runs: nothing that a call gives.
const RUNNING: u64 = 0x5eed_0000_0000_5eed;

/// One call.
#[derive(Debug)]
pub(crate) struct Entry {
    number: AtomicU64,
    arguments: [AtomicU64; 6],
    result: AtomicU64,
}

impl std::fmt::Display for Entry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = self.number.load(Relaxed);
        write!(formatter, "{} ({number})", crate::grammar::name(number))?;
        for argument in &self.arguments {
            write!(formatter, " {:#x}", argument.load(Relaxed))?;
        }
        match self.result.load(Relaxed) {
            RUNNING => write!(formatter, ": not back"),
            result => write!(formatter, ": {}", result.cast_signed()),
        }
    }
}

/// One worker's page.
#[derive(Debug)]
pub(crate) struct Slot {
    /// What it draws by.
    pub seed: AtomicU64,
    /// Its process.
    pub process: AtomicU64,
    /// How many calls it has begun.
    pub begun: AtomicU64,
    /// How many of them the supervisor has printed.
    pub shown: AtomicU64,
    ring: [Entry; RING],
}

impl Slot {
    fn entry(&self, call: u64) -> &Entry {
        let place = usize::try_from(call % RING as u64).unwrap_or(0);
        &self.ring[place]
    }

    /// A call begins; gives its number among those of the worker.
    pub(crate) fn begin(&self, number: u64, arguments: &[u64; 6]) -> u64 {
        let call = self.begun.load(Relaxed);
        let entry = self.entry(call);
        entry.number.store(number, Relaxed);
        for (place, argument) in entry.arguments.iter().zip(arguments) {
            place.store(*argument, Relaxed);
        }
        entry.result.store(RUNNING, Relaxed);
        self.begun.fetch_add(1, Relaxed);
        call
    }

    /// A call has ended.
    pub(crate) fn end(&self, call: u64, result: u64) {
        self.entry(call).result.store(result, Relaxed);
    }

    /// The last calls that were begun, from the oldest on.
    pub(crate) fn last(&self, most: u64) -> impl Iterator<Item = &Entry> {
        let begun = self.begun.load(Relaxed);
        (begun.saturating_sub(most)..begun).map(|call| self.entry(call))
    }
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Record {
    /// A page each.
    pub slots: [Slot; WORKERS + 1],
    outcomes: [[AtomicU32; OUTCOMES]; NUMBERS],
    /// A call whose result is none of Linux's: its number plus one, and the result.
    strange: [AtomicU64; 2],
}

impl Record {
    /// A new one, shared with whoever is forked.
    pub(crate) fn new() -> Option<&'static Self> {
        let address = arena::map_at(PLACE, size_of::<Self>() as u64, libc::MAP_SHARED)?;
        // SAFETY: new memory, longer than a record, never unmapped by who made it; zeros are a record, of atomics only.
        Some(unsafe { &*(address as *const Self) })
    }

    /// Counts an outcome. `is_number` says that a result may look like an errno and be none.
    pub(crate) fn count(&self, number: u64, result: u64, is_number: bool) {
        let errno = 0_u64.wrapping_sub(result);
        let is_errno = (1..4096).contains(&errno);
        if is_errno && errno > LARGEST_ERRNO && !is_number {
            self.strange[0].store(number + 1, Relaxed);
            self.strange[1].store(result, Relaxed);
        }
        let outcome = if is_errno { usize::try_from(errno).unwrap_or(0) } else { 0 };
        let row = usize::try_from(number).ok().and_then(|number| self.outcomes.get(number));
        if let Some(counter) = row.and_then(|row| row.get(outcome)) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// The call whose result is none of Linux's, and the result.
    pub(crate) fn strange(&self) -> Option<(u64, i64)> {
        let number = self.strange[0].load(Relaxed).checked_sub(1)?;
        Some((number, self.strange[1].load(Relaxed).cast_signed()))
    }

    /// How often this call ended with each outcome.
    pub(crate) fn outcomes(&self, number: u64) -> impl Iterator<Item = u32> {
        let row = usize::try_from(number).ok().and_then(|number| self.outcomes.get(number));
        row.into_iter().flatten().map(|counter| counter.load(Relaxed))
    }
}
