//! Sets of semaphores.

use alloc::sync::Arc;
use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::fallible::{try_arc, try_copy, try_filled};
use base::sched::Mutex;
use base::wall_clock;
use fs::Caller;
use lockorder::{Root, Task, hierarchy};

use crate::kind::{Kind, Object, Store};
use crate::operations::{MOST_VALUE, Operation, Outcome, Semaphore, operate};
use crate::table::{ALTER, Permissions, READ, Wish};
use crate::waiting::Waits;

hierarchy! {
    /// The values of one set of semaphores, and what is undone when processes end.
    pub class SemaphoreSet in base::levels::Ipc = 10;
}

/// The most sets.
pub const MOST_SETS: usize = 1024;
/// The most semaphores of one set.
pub const MOST_OF_SET: usize = 32_000;
/// The most semaphores of all sets together.
pub const MOST_OF_ALL: usize = 64_000;
/// The most parts of one operation.
pub const MOST_PARTS: usize = 500;

/// What is taken back when a process ends.
#[derive(Debug)]
struct Undo {
    process: u32,
    /// What is added then, by semaphore.
    changes: Vec<i16>,
}

/// What the lock of a set protects.
#[derive(Debug)]
struct State {
    semaphores: Vec<Semaphore>,
    undo: Vec<Undo>,
    facts: Facts,
}

/// What is told of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How many semaphores it has.
    pub count: usize,
    /// When an operation was done last, in seconds since 1970; 0 for never.
    pub operated: u64,
    /// When it was made, or its values or owner were set.
    pub changed: u64,
}

/// A set.
pub struct Set {
    object: Object<SemaphoreSet, State>,
    count: usize,
}

impl core::fmt::Debug for Set {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "Set({} semaphores)", self.count)
    }
}

impl State {
    /// The record of what is undone for a process, made if it is not there.
    fn undo(&mut self, process: u32) -> Result<&mut Undo> {
        let had = self.undo.iter().position(|undo| undo.process == process);
        if had.is_none() {
            let changes = try_filled(0, self.semaphores.len()).map_err(|_| Errno::ENOMEM)?;
            self.undo.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            self.undo.push(Undo { process, changes });
        }
        let place = had.unwrap_or(self.undo.len() - 1);
        self.undo.get_mut(place).ok_or(Errno::ENOMEM)
    }

    /// What is undone for a process once these parts are done as well; none where none of them is.
    fn undone(&mut self, parts: &[Operation], process: u32) -> Result<Option<Vec<i16>>> {
        if !parts.iter().any(|part| part.undo) {
            return Ok(None);
        }
        if parts.iter().any(|part| usize::from(part.which) >= self.semaphores.len()) {
            return Err(Errno::EFBIG);
        }
        let mut changes = try_copy(&self.undo(process)?.changes).map_err(|_| Errno::ENOMEM)?;
        for part in parts.iter().filter(|part| part.undo) {
            let change = changes.get_mut(usize::from(part.which)).ok_or(Errno::EFBIG)?;
            *change = change.checked_sub(part.change).ok_or(Errno::ERANGE)?;
        }
        Ok(Some(changes))
    }

    /// Does all parts, or nothing; notes what is to be undone.
    fn operate(&mut self, parts: &[Operation], process: u32) -> Result<Outcome> {
        let undone = self.undone(parts, process)?;
        let outcome = operate(&mut self.semaphores, parts, process)?;
        if outcome == Outcome::Done {
            self.facts.operated = wall_clock::now().as_secs();
            if let Some(changes) = undone {
                self.undo(process)?.changes = changes;
            }
        }
        Ok(outcome)
    }

    /// Counts one more, or one less, who waits for the semaphore of a part.
    fn count(&mut self, part: Operation, waits: bool) {
        let Some(semaphore) = self.semaphores.get_mut(usize::from(part.which)) else { return };
        let count = if part.change == 0 { &mut semaphore.ends } else { &mut semaphore.grows };
        *count = if waits { *count + 1 } else { *count - 1 };
    }

    /// Sets one value: nobody undoes what was done to it before.
    fn set(&mut self, which: usize, value: u16, process: u32) {
        if let Some(semaphore) = self.semaphores.get_mut(which) {
            semaphore.value = i32::from(value);
            semaphore.process = process;
        }
        for undo in &mut self.undo {
            if let Some(change) = undo.changes.get_mut(which) {
                *change = 0;
            }
        }
        self.facts.changed = wall_clock::now().as_secs();
    }
}

impl Set {
    fn new(count: usize) -> Result<Arc<Self>> {
        let semaphores = try_filled(Semaphore::default(), count).map_err(|_| Errno::ENOMEM)?;
        let facts = Facts { count, operated: 0, changed: wall_clock::now().as_secs() };
        let state = State { semaphores, undo: Vec::new(), facts };
        let set = Self { object: Object::new(Mutex::new(Some(state))), count };
        try_arc(set).map_err(|_| Errno::ENOMEM)
    }
}

/// All sets.
#[derive(Debug)]
pub struct Semaphores(Store<Arc<Set>>);

impl Semaphores {
    pub(crate) const fn new() -> Self {
        Self(Store::new())
    }

    /// The number of a set, found by its key or made with so many semaphores.
    ///
    /// # Errors
    ///
    /// As for `semget`: [`Errno::EINVAL`] for a number of semaphores that cannot be, [`Errno::ENOSPC`] where there are too many, and what
    /// a table gives.
    pub fn get(
        &self,
        held: &mut Root<'_, Task>,
        wish: Wish,
        caller: &Caller<'_>,
        count: usize,
    ) -> Result<u32> {
        if count > MOST_OF_SET {
            return Err(Errno::EINVAL);
        }
        held.with(&self.0.table, |table, _| {
            let used: usize = table.iter().map(|(_, entry)| entry.object.count).sum();
            let fits = |set: &Arc<Set>| if count > set.count { Err(Errno::EINVAL) } else { Ok(()) };
            table.find_or_make(wish, caller, MOST_SETS, fits, || match count {
                0 => Err(Errno::EINVAL),
                _ if used + count > MOST_OF_ALL => Err(Errno::ENOSPC),
                _ => Set::new(count),
            })
        })
    }

    /// How many sets there are, and how many semaphores they have.
    pub fn used(&self, held: &mut Root<'_, Task>) -> (usize, usize) {
        held.with(&self.0.table, |table, _| {
            (table.count(), table.iter().map(|(_, entry)| entry.object.count).sum())
        })
    }

    /// Does an operation by a process, waiting until it can be done.
    ///
    /// # Errors
    ///
    /// As for `semtimedop`: [`Errno::EAGAIN`], [`Errno::EINTR`], [`Errno::EIDRM`], [`Errno::EFBIG`], [`Errno::ERANGE`], [`Errno::EACCES`].
    pub fn operate(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        (caller, process): (&Caller<'_>, u32),
        parts: &[Operation],
        waits: &Waits<'_>,
    ) -> Result<()> {
        let alters = parts.iter().any(|part| part.change != 0);
        let (_, set) = self.0.find(held, number, caller, if alters { ALTER } else { READ })?;
        let mut waited: Option<Operation> = None;
        loop {
            let (outcome, seen) = set.object.with(held, |state| {
                if let Some(part) = waited {
                    state.count(part, false);
                }
                let outcome = state.operate(parts, process)?;
                if let Outcome::Waits(part) = outcome {
                    if part.nonblocking || waits.nonblocking {
                        return Err(Errno::EAGAIN);
                    }
                    state.count(part, true);
                }
                Ok((outcome, set.object.changes.seen()))
            })?;
            let Outcome::Waits(part) = outcome else {
                if alters {
                    set.object.changes.note();
                }
                return Ok(());
            };
            waited = Some(part);
            if let Err(error) = set.object.changes.wait(held, seen, waits) {
                return set.object.with(held, |state| {
                    state.count(part, false);
                    Err(error)
                });
            }
        }
    }

    /// One semaphore.
    ///
    /// # Errors
    ///
    /// As for [`Kind::facts`]; [`Errno::EINVAL`] where the set has none of this number.
    pub fn one(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        which: u32,
    ) -> Result<Semaphore> {
        let (_, set) = self.0.find(held, number, caller, READ)?;
        set.object.with(held, |state| state.semaphores.get(which as usize).copied().ok_or(Errno::EINVAL))
    }

    /// All values.
    ///
    /// # Errors
    ///
    /// As for [`Kind::facts`]; [`Errno::ENOMEM`].
    pub fn values(&self, held: &mut Root<'_, Task>, number: u32, caller: &Caller<'_>) -> Result<Vec<u16>> {
        let (_, set) = self.0.find(held, number, caller, READ)?;
        let mut values = Vec::new();
        values.try_reserve_exact(set.count).map_err(|_| Errno::ENOMEM)?;
        set.object.with(held, |state| {
            values.extend(state.semaphores.iter().map(|one| u16::try_from(one.value).unwrap_or(0)));
            Ok(())
        })?;
        Ok(values)
    }

    /// Sets values, from the semaphore `first` on.
    ///
    /// # Errors
    ///
    /// As for `semctl`: [`Errno::ERANGE`], [`Errno::EINVAL`] where the set does not have them, [`Errno::EACCES`], [`Errno::EIDRM`].
    pub fn set_values(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        (caller, process): (&Caller<'_>, u32),
        first: u32,
        values: &[u16],
    ) -> Result<()> {
        let (_, set) = self.0.find(held, number, caller, ALTER)?;
        let first = first as usize;
        if first >= set.count || values.len() > set.count - first {
            return Err(Errno::EINVAL);
        }
        if values.iter().any(|&value| i32::from(value) > MOST_VALUE) {
            return Err(Errno::ERANGE);
        }
        set.object.with(held, |state| {
            values.iter().zip(first..).for_each(|(&value, which)| state.set(which, value, process));
            Ok(())
        })?;
        set.object.changes.note();
        Ok(())
    }

    /// Gives a set to another owner, with another mode.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`], [`Errno::EPERM`], [`Errno::EIDRM`].
    pub fn set_owner(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        owner: (u32, u32),
        mode: u32,
    ) -> Result<()> {
        let set = self.0.change(held, number, caller, |entry| {
            entry.permissions.set(owner, mode);
            Ok(Arc::clone(&entry.object))
        })?;
        set.object.with(held, |state| {
            state.facts.changed = wall_clock::now().as_secs();
            Ok(())
        })
    }

    /// Takes back what a process has done with that wish: it ends.
    pub fn process_ends(&self, held: &mut Root<'_, Task>, process: u32) {
        // One after the other, so that the table is not locked meanwhile. A set that is made meanwhile has nothing of this process's.
        let places = held.with(&self.0.table, |table, _| table.places());
        for place in 0..places {
            let Some(set) = held.with(&self.0.table, |table, _| table.at(place).map(Arc::clone)) else {
                continue;
            };
            let changed = set.object.with(held, |state| {
                let record = state.undo.iter().position(|undo| undo.process == process);
                let record = record.ok_or(Errno::ESRCH)?;
                let undo = state.undo.swap_remove(record);
                for (semaphore, change) in state.semaphores.iter_mut().zip(undo.changes) {
                    if change != 0 {
                        semaphore.value = (semaphore.value + i32::from(change)).clamp(0, MOST_VALUE);
                        semaphore.process = process;
                    }
                }
                state.facts.operated = wall_clock::now().as_secs();
                Ok(())
            });
            // Nothing of this process's, or removed meanwhile: nothing to take back.
            if changed.is_ok() {
                set.object.changes.note();
            }
        }
    }
}

impl Kind for Semaphores {
    type Object = Arc<Set>;
    type Facts = Facts;

    fn store(&self) -> &Store<Arc<Set>> {
        &self.0
    }

    fn facts(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        wanted: u32,
    ) -> Result<(Permissions, Facts)> {
        let (permissions, set) = self.0.find(held, number, caller, wanted)?;
        Ok((permissions, set.object.with(held, |state| Ok(state.facts))?))
    }

    fn remove(&self, held: &mut Root<'_, Task>, number: u32, caller: &Caller<'_>) -> Result<()> {
        self.0.take_out(held, number, caller)?.object.end(held);
        Ok(())
    }
}
