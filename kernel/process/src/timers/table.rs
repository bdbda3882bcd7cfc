//! When which timers are due: the earliest last, one place for each process, and one for each timer that is a file.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::sched::Mutex;
use base::sched::waiting::Source;
use lockorder::{Before, Held, Root, Task, hierarchy};

use super::alarm::Alarm;

hierarchy! {
    /// When which timers are due next.
    pub class Deadlines in base::levels::Scheduler = 6;
}

/// Whose timers are due.
#[derive(Clone, Debug)]
pub(super) enum Whose {
    /// Those of the process with this number.
    Process(u32),
    /// A file's.
    File(Arc<Alarm>),
}

impl Whose {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Process(own), Self::Process(other)) => own == other,
            (Self::File(own), Self::File(other)) => Arc::ptr_eq(own, other),
            _ => false,
        }
    }
}

/// When timers are due, in nanoseconds since the machine's start.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: u64,
    pub(super) whose: Whose,
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

/// Puts timers in their place. What they had stays as it was where there is no memory.
fn place(entries: &mut Vec<Entry>, whose: Whose, at: Option<u64>) -> Result<()> {
    match entries.iter().position(|entry| entry.whose.is(&whose)) {
        Some(place) => drop(entries.remove(place)),
        None if at.is_some() => entries.try_reserve(1).map_err(|_| Errno::ENOMEM)?,
        None => {}
    }
    let Some(at) = at else { return Ok(()) };
    let place = entries.partition_point(|entry| entry.at > at);
    entries.insert(place, Entry { at, whose });
    Ok(())
}

/// Changes entries, and has the service look if the earliest is another one then.
fn change<O>(
    held: &mut Held<'_, impl Before<Deadlines>, Task>,
    operation: impl FnOnce(&mut Vec<Entry>) -> O,
) -> O {
    let (output, is_another) = held.below::<Deadlines>().with(&ENTRIES, |entries, _| {
        let output = operation(entries);
        let earliest = entries.last().map_or(u64::MAX, |entry| entry.at);
        (output, EARLIEST.swap(earliest, Ordering::SeqCst) != earliest)
    });
    if is_another {
        CHANGED.wake();
    }
    output
}

/// Notes when a process's timers are due; none for never.
pub(super) fn set(
    held: &mut Held<'_, impl Before<Deadlines>, Task>,
    process: u32,
    at: Option<u64>,
) -> Result<()> {
    change(held, |entries| place(entries, Whose::Process(process), at))
}

/// Changes when a file's timer is due: `operation` does so, and is given what notes it; none for never.
pub(super) fn set_alarm<O>(
    held: &mut Root<'_, Task>,
    alarm: &Arc<Alarm>,
    operation: impl FnOnce(&mut dyn FnMut(Option<u64>) -> Result<()>) -> Result<O>,
) -> Result<O> {
    change(held, |entries| operation(&mut |at| place(entries, Whose::File(Arc::clone(alarm)), at)))
}

/// Makes a place for a process if it has none: it is noted without memory then.
pub(super) fn reserve(held: &mut Held<'_, impl Before<Deadlines>, Task>, process: u32) -> Result<()> {
    held.below::<Deadlines>().with(&ENTRIES, |entries, _| {
        let whose = Whose::Process(process);
        let is_there = entries.iter().any(|entry| entry.whose.is(&whose));
        if is_there { Ok(()) } else { place(entries, whose, Some(u64::MAX)) }
    })
}

/// The first entry that is due by now. A process's stays until it is set anew; a file's goes.
pub(super) fn due(held: &mut Root<'_, Task>, now: u64) -> Option<Entry> {
    change(held, |entries| {
        let entry = entries.pop_if(|entry| entry.at <= now)?;
        if matches!(entry.whose, Whose::Process(_)) {
            entries.push(entry.clone());
        }
        Some(entry)
    })
}

/// Forgets a process.
pub(super) fn forget(held: &mut Root<'_, Task>, process: u32) {
    // What is taken out needs no memory.
    let _ = set(held, process, None);
}

#[cfg(test)]
mod tests {
    use super::{Entry, Whose, place};

    fn shown(entry: &Entry) -> (u32, u64) {
        match entry.whose {
            Whose::Process(process) => (process, entry.at),
            Whose::File(_) => (0, entry.at),
        }
    }

    #[test]
    fn a_process_has_one_place_and_the_earliest_is_last() {
        let mut entries = Vec::new();
        for (process, at) in [(1, 30), (2, 10), (3, 20), (1, 5)] {
            place(&mut entries, Whose::Process(process), Some(at)).unwrap();
        }
        let found: Vec<_> = entries.iter().map(shown).collect();
        assert_eq!(found, [(3, 20), (2, 10), (1, 5)]);
        place(&mut entries, Whose::Process(1), None).unwrap();
        assert_eq!(entries.last().map(shown), Some((2, 10)));
    }
}
