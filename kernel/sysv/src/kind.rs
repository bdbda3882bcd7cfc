//! What the kinds of objects have in common: a table behind its lock, and objects that are waited for and removed.

use alloc::sync::Arc;

use abi::{Errno, Result};
use base::sched::Mutex;
use fs::Caller;
use lockorder::{After, Class, Nothing, Root, Task};

use crate::table::{Entry, ObjectTable, Permissions, Table};
use crate::waiting::Changes;

/// All objects of one kind.
pub struct Store<T> {
    /// Protects which objects there are, and their permissions; class `ObjectTable`.
    pub(crate) table: Mutex<ObjectTable, Table<T>>,
}

impl<T> core::fmt::Debug for Store<T> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Store")
    }
}

impl<T> Store<T> {
    /// None.
    pub(crate) const fn new() -> Self {
        Self { table: Mutex::new(Table::new()) }
    }

    /// Looks at the object with a number, if somebody may do with it what `wanted` says.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none, [`Errno::EACCES`].
    pub(crate) fn look<O>(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        wanted: u32,
        look: impl FnOnce(&mut Entry<T>) -> O,
    ) -> Result<O> {
        held.with(&self.table, |table, _| {
            let entry = table.get(number)?;
            entry.permissions.may(caller, wanted)?;
            Ok(look(entry))
        })
    }

    /// Changes the object with a number, if it is somebody's own.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none, [`Errno::EPERM`]; what `change` gives.
    pub(crate) fn change<O>(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        change: impl FnOnce(&mut Entry<T>) -> Result<O>,
    ) -> Result<O> {
        held.with(&self.table, |table, _| {
            let entry = table.get(number)?;
            entry.permissions.owns(caller)?;
            change(entry)
        })
    }

    /// Takes the object with a number out, if it is somebody's own.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none, [`Errno::EPERM`].
    pub(crate) fn take_out(&self, held: &mut Root<'_, Task>, number: u32, caller: &Caller<'_>) -> Result<T> {
        held.with(&self.table, |table, _| {
            table.get(number)?.permissions.owns(caller)?;
            table.remove(number).map(|entry| entry.object)
        })
    }
}

impl<T> Store<Arc<T>> {
    /// The object with a number, and its permissions, if somebody may do with it what `wanted` says.
    ///
    /// # Errors
    ///
    /// As for [`look`](Self::look).
    pub(crate) fn find(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        wanted: u32,
    ) -> Result<(Permissions, Arc<T>)> {
        self.look(held, number, caller, wanted, |entry| (entry.permissions, Arc::clone(&entry.object)))
    }
}

/// What can be asked of the objects of any kind.
pub trait Kind {
    /// One of them, as the table has it.
    type Object;
    /// What is told of one.
    type Facts;

    /// All of them.
    fn store(&self) -> &Store<Self::Object>;

    /// What is told of an object, to who may do with it what `wanted` says.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none, [`Errno::EACCES`]; [`Errno::EIDRM`] where it goes meanwhile.
    fn facts(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        wanted: u32,
    ) -> Result<(Permissions, Self::Facts)>;

    /// Removes an object: who waits for it is told.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none, [`Errno::EPERM`].
    fn remove(&self, held: &mut Root<'_, Task>, number: u32, caller: &Caller<'_>) -> Result<()>;

    /// The number of the object at a place of the table.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none.
    fn number_at(&self, held: &mut Root<'_, Task>, place: u32) -> Result<u32> {
        held.with(&self.store().table, |table, _| table.number_at(place))
    }

    /// The highest place of the table that has an object; 0 for none.
    fn highest(&self, held: &mut Root<'_, Task>) -> u64 {
        held.with(&self.store().table, |table, _| table.highest())
    }
}

/// An object that threads wait for, and that may be removed meanwhile.
pub(crate) struct Object<C: Class, S> {
    /// Protects what it has; nothing when it was removed.
    pub(crate) state: Mutex<C, Option<S>>,
    pub(crate) changes: Changes,
}

impl<C: Class + After<Nothing>, S> Object<C, S> {
    pub(crate) const fn new(state: Mutex<C, Option<S>>) -> Self {
        Self { state, changes: Changes::new() }
    }

    /// Does something with what it has.
    ///
    /// # Errors
    ///
    /// [`Errno::EIDRM`] where it was removed; what `work` gives.
    pub(crate) fn with<O>(
        &self,
        held: &mut Root<'_, Task>,
        work: impl FnOnce(&mut S) -> Result<O>,
    ) -> Result<O> {
        held.with(&self.state, |state, _| state.as_mut().map_or(Err(Errno::EIDRM), work))
    }

    /// Notes that it was removed, for those who wait.
    pub(crate) fn end(&self, held: &mut Root<'_, Task>) {
        let had = held.with(&self.state, |state, _| state.take());
        self.changes.note();
        drop(had);
    }
}
