//! When timers of which process are due: the earliest last, one place for each process.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::sched::Mutex;
use base::sched::waiting::Source;
use lockorder::{Before, Held, Root, Task, hierarchy};

hierarchy! {
    /// When timers of which process are due next.
    pub class Deadlines in base::levels::Scheduler = 6;
}

/// When a process's timers are due, in nanoseconds since the machine's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: u64,
    pub(super) process: u32,
}

/// Protects when timers are due; class `Deadlines`.
static ENTRIES: Mutex<Deadlines, Vec<Entry>> = Mutex::new(Vec::new());
/// When the earliest is due. Written under the lock.
static EARLIEST: AtomicU64 = AtomicU64::new(u64::MAX);
/// Woken when that has changed.
pub(super) static CHANGED: Source = Source::new();

/// When the earliest is due; [`u64::MAX`] for never.
pub(super) fn earliest() -> u64 {
    EARLIEST.load(Ordering::SeqCst)
}

/// Puts a process in its place.
fn place(entries: &mut Vec<Entry>, process: u32, at: Option<u64>) -> Result<()> {
    if let Some(place) = entries.iter().position(|entry| entry.process == process) {
        entries.remove(place);
    }
    let Some(at) = at else { return Ok(()) };
    entries.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
    let place = entries.partition_point(|entry| entry.at > at);
    entries.insert(place, Entry { at, process });
    Ok(())
}

/// Notes when a process's timers are due; none for never.
pub(super) fn set(
    held: &mut Held<'_, impl Before<Deadlines>, Task>,
    process: u32,
    at: Option<u64>,
) -> Result<()> {
    let earlier = held.below::<Deadlines>().with(&ENTRIES, |entries, _| {
        let placed = place(entries, process, at);
        let earliest = entries.last().map_or(u64::MAX, |entry| entry.at);
        placed.map(|()| EARLIEST.swap(earliest, Ordering::SeqCst) != earliest)
    })?;
    if earlier {
        CHANGED.wake();
    }
    Ok(())
}

/// Makes a place for a process if it has none: it is noted without memory then.
pub(super) fn reserve(held: &mut Held<'_, impl Before<Deadlines>, Task>, process: u32) -> Result<()> {
    held.below::<Deadlines>().with(&ENTRIES, |entries, _| {
        let is_there = entries.iter().any(|entry| entry.process == process);
        if is_there { Ok(()) } else { place(entries, process, Some(u64::MAX)) }
    })
}

/// The first entry that is due by now.
pub(super) fn due(held: &mut Root<'_, Task>, now: u64) -> Option<Entry> {
    held.with(&ENTRIES, |entries, _| entries.last().copied()).filter(|entry| entry.at <= now)
}

/// Forgets a process.
pub(super) fn forget(held: &mut Root<'_, Task>, process: u32) {
    // What is taken out needs no memory.
    let _ = set(held, process, None);
}

#[cfg(test)]
mod tests {
    use super::{Entry, place};

    #[test]
    fn a_process_has_one_place_and_the_earliest_is_last() {
        let mut entries = Vec::new();
        for (process, at) in [(1, 30), (2, 10), (3, 20), (1, 5)] {
            place(&mut entries, process, Some(at)).unwrap();
        }
        let found: Vec<_> = entries.iter().map(|entry| (entry.process, entry.at)).collect();
        assert_eq!(found, [(3, 20), (2, 10), (1, 5)]);
        place(&mut entries, 1, None).unwrap();
        assert_eq!(entries.last(), Some(&Entry { at: 10, process: 2 }));
    }
}
