//! An epoll as a file, and the waits at it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::Mutex;
use base::sched::waiting::{self, Source, WaitError};
use base::time::Instant;
use fs::{File, OpenFile, Readiness, StreamFile};
use lockorder::{Before, Held, Root, Task};

use super::table::{self, Entry, Epoll, Gathering, Key, Member, Seen, Table};
use super::tree;

/// What is told of a file: its events, and what was said to come with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is ready for, or what is wanted; the bits of `epoll`.
    pub events: u32,
    /// What comes with it.
    pub data: u64,
}

/// The number of the epoll that is made next.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// An epoll.
#[derive(Debug)]
pub struct Instance {
    /// Its own among all that ever were.
    number: u64,
    gathering: Arc<Gathering>,
    /// Protects the entries, and has one thread at a time collect; class `Epoll`.
    table: Mutex<Epoll, Table>,
    /// How many entries there are, published under the lock.
    entries: AtomicUsize,
}

/// The key of an entry.
fn key(description: &OpenFile, descriptor: u32) -> Key {
    Key { description: description.number(), descriptor }
}

impl Instance {
    /// One that watches nothing.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn create() -> Result<File> {
        let gathering = Gathering::new().map_err(|_| Errno::ENOMEM)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let table = Mutex::new(Table::new());
        let instance = Self { number, gathering, table, entries: AtomicUsize::new(0) };
        Ok(File::Stream(try_arc(instance).map_err(|_| Errno::ENOMEM)?))
    }

    /// The epoll that a file is, if it is one.
    #[must_use]
    pub fn of(file: &File) -> Option<&Self> {
        file.stream()
    }

    /// Runs an operation on the entries, under the lock, and publishes how many it leaves.
    fn with_table<H: Before<Epoll>, O>(
        &self,
        held: &mut Held<'_, H, Task>,
        operation: impl FnOnce(&mut Table) -> O,
    ) -> O {
        held.below::<Epoll>().with(&self.table, |table, _| {
            let output = operation(table);
            self.entries.store(table.len(), Ordering::Relaxed);
            output
        })
    }

    /// Watches a description under a descriptor; `stream` is its file as the caller sees it.
    ///
    /// # Errors
    ///
    /// [`Errno::EEXIST`]; [`Errno::ELOOP`] for an epoll that watches this one, or is nested
    /// too deep; [`Errno::ENOSPC`]; [`Errno::ENOMEM`].
    pub fn add(
        &self,
        held: &mut Root<'_, Task>,
        description: &Arc<OpenFile>,
        stream: Arc<dyn StreamFile>,
        descriptor: u32,
        wanted: Event,
    ) -> Result<()> {
        let entry = Entry::new(key(description, descriptor), description, wanted.events, wanted.data)?;
        let member = self.gathering.join(stream, entry).map_err(|_| Errno::ENOMEM)?;
        let own = Arc::clone(&member);
        let insert = |table: &mut Table| table.insert(&self.gathering, own);
        match Self::of(description.file()) {
            Some(inner) => tree::add(held, self.number, inner.number, |held| self.with_table(held, insert)),
            None => self.with_table(held, insert),
        }?;
        // It may be ready already.
        member.notify();
        Ok(())
    }

    /// Changes what is wanted of a description under a descriptor.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`]; [`Errno::EINVAL`] for an entry that does not change.
    pub fn change(
        &self,
        held: &mut Root<'_, Task>,
        description: &OpenFile,
        descriptor: u32,
        wanted: Event,
    ) -> Result<()> {
        let member = self.with_table(held, |table| {
            let member = table.find(key(description, descriptor))?;
            member.value().change(wanted.events, wanted.data)?;
            Ok::<_, Errno>(Arc::clone(member))
        })?;
        member.notify();
        Ok(())
    }

    /// Watches a description under a descriptor no more.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`].
    pub fn remove(&self, held: &mut Root<'_, Task>, description: &OpenFile, descriptor: u32) -> Result<()> {
        let key = key(description, descriptor);
        let member = self.with_table(held, |table| table.remove(&self.gathering, key))?;
        if let Some(inner) = Self::of(description.file()) {
            tree::remove(held, self.number, inner.number);
        }
        drop(member);
        Ok(())
    }

    /// Collects what is ready, as much as there is room for.
    fn collect(&self, held: &mut Root<'_, Task>, events: &mut Vec<Event>, room: usize) {
        self.with_table(held, |table| {
            let mut latest = None;
            while events.len() < room
                && let Some(member) = self.gathering.next(&mut latest)
            {
                let entry = member.value();
                let seen = table::look(&member);
                let stays = match seen {
                    Seen::Events(seen) => {
                        events.push(Event { events: seen, data: entry.data() });
                        entry.note_told()
                    }
                    Seen::Nothing | Seen::Gone => false,
                };
                self.gathering.settle(&member, stays);
                if matches!(seen, Seen::Gone) {
                    // It may have been taken out meanwhile by who has swept.
                    let _ = table.remove(&self.gathering, entry.key());
                }
            }
        });
    }

    /// Waits until some are ready, until a deadline; gives their events, `most` at most, none after the deadline. Without a deadline it
    /// waits for ever; with one that has passed it looks once. `prepare` is called with how many there may be before they are
    /// collected: what fails is to fail there, since what was told is not told again.
    ///
    /// # Errors
    ///
    /// [`Errno::EINTR`]; [`Errno::ENOMEM`]; what `prepare` gives.
    pub fn wait(
        &self,
        held: &mut Root<'_, Task>,
        most: usize,
        deadline: Option<Instant>,
        interrupted: &dyn Fn() -> bool,
        mut prepare: impl FnMut(&mut Root<'_, Task>, usize) -> Result<()>,
    ) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        loop {
            if !self.gathering.is_empty() {
                let room = most.min(self.entries.load(Ordering::Relaxed));
                events.try_reserve_exact(room).map_err(|_| Errno::ENOMEM)?;
                prepare(held, room)?;
                self.collect(held, &mut events, room);
            }
            if !events.is_empty() || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(events);
            }
            let look = || match interrupted() {
                _ if !self.gathering.is_empty() => Some(Ok(())),
                true => Some(Err(Errno::EINTR)),
                false => None,
            };
            match waiting::wait(held, &[self.gathering.visitors()], deadline, |_| look()) {
                Ok(result) => result?,
                Err(WaitError::TimedOut) => return Ok(events),
                Err(WaitError::NoMemory) => return Err(Errno::ENOMEM),
            }
        }
    }
}

impl StreamFile for Instance {
    fn readiness(&self) -> Readiness {
        let is_ready = |member: &Member| matches!(table::look(member), Seen::Events(_));
        if self.gathering.any(is_ready) { Readiness::READ } else { Readiness::empty() }
    }

    fn sources<'a>(&'a self, each: &mut dyn FnMut(&'a Source)) {
        each(self.gathering.lookers());
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        tree::forget(held, self.number);
        let members = self.with_table(held, |table| table.empty(&self.gathering));
        drop(members);
    }

    fn label(&self) -> &'static str {
        "anon_inode:[eventpoll]"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
