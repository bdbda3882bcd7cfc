//! Segments of memory that processes share.
//!
//! Each is attached by mapping its [`Segment`], of which the table has one reference and every mapping another: so who is attached need
//! not be counted. One that was removed goes with its last mapping.

use alloc::sync::{Arc, Weak};
use core::ops::Range;

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::mm::page::{PAGE_SIZE, Page};
use base::user::AddressSpace as Class;
use base::wall_clock;
use fs::Caller;
use lockorder::{Held, Root, Task};
use memory::{Backing, Description, SharedMemory};

use crate::kind::{Kind, Store};
use crate::table::{ALTER, PRIVATE, Permissions, READ, Wish};

/// The most segments.
pub const MOST_SEGMENTS: usize = 4096;
/// In the mode of a segment: it was removed, and goes with its last mapping.
pub const REMOVED: u32 = 0o1000;
/// In the mode of a segment: it is not to leave memory, which none does here.
pub const LOCKED: u32 = 0o2000;

/// What is told of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How many bytes were asked for.
    pub size: u64,
    /// When it was attached and detached last, in seconds since 1970; 0 for never.
    pub moved: [u64; 2],
    /// When it was made, or something was set.
    pub changed: u64,
    /// The processes that have made it, and attached or detached it last.
    pub processes: [u32; 2],
    /// How many mappings it has.
    pub attached: u64,
}

/// A segment, as the table knows it.
#[derive(Debug)]
pub struct Known {
    segment: Arc<Segment>,
    facts: Facts,
}

impl Known {
    /// What is told of it now.
    fn facts(&self) -> Facts {
        // The table has one.
        Facts { attached: Arc::strong_count(&self.segment) as u64 - 1, ..self.facts }
    }
}

/// The pages of a segment.
pub struct Segment {
    memory: Arc<SharedMemory>,
    key: u32,
    number: u32,
    all: Weak<Segments>,
}

impl core::fmt::Debug for Segment {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.memory.fmt(formatter)
    }
}

impl Backing for Segment {
    fn page(&self, held: &mut Held<'_, Class, Task>, index: u64, write: bool) -> Result<Page> {
        self.memory.page(held, index, write)
    }

    fn cached(&self, held: &mut Held<'_, Class, Task>, pages: Range<u64>, give: &mut dyn FnMut(u64, Page)) {
        self.memory.cached(held, pages, give);
    }

    fn describe(&self, _held: &mut Held<'_, Class, Task>) -> Result<Description> {
        let named = Description::named(&alloc::format!("/SYSV{:08x} (deleted)", self.key))?;
        Ok(Description { device: (0, 1), inode: u64::from(self.number), ..named })
    }

    fn identity(&self) -> u64 {
        self.memory.identity()
    }

    fn close(self: Arc<Self>, held: &mut Root<'_, Task>) {
        let (all, number) = (self.all.clone(), self.number);
        // Before it is looked whether this was the last one.
        drop(self);
        if let Some(all) = all.upgrade() {
            all.detached(held, number);
        }
    }
}

/// All segments.
pub struct Segments {
    all: Store<Known>,
    /// The most pages of all together.
    pages: u64,
    own: Weak<Self>,
}

impl core::fmt::Debug for Segments {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Segments")
    }
}

/// The pages that so many bytes take.
const fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE_SIZE as u64)
}

impl Segments {
    pub(crate) fn new(pages: u64) -> Arc<Self> {
        Arc::new_cyclic(|own| Self { all: Store::new(), pages, own: Weak::clone(own) })
    }

    /// The most pages of all together.
    #[must_use]
    pub const fn most_pages(&self) -> u64 {
        self.pages
    }

    /// The number of a segment, found by its key or made by a process with so many bytes.
    ///
    /// # Errors
    ///
    /// As for `shmget`: [`Errno::EINVAL`] for a size that cannot be, [`Errno::ENOSPC`] where there are too many, and what a table gives.
    pub fn get(
        &self,
        held: &mut Root<'_, Task>,
        wish: Wish,
        (caller, process): (&Caller<'_>, u32),
        size: u64,
    ) -> Result<u32> {
        held.with(&self.all.table, |table, _| {
            let used: u64 = table.iter().map(|(_, entry)| pages(entry.object.facts.size)).sum();
            let fits = |known: &Known| if size > known.facts.size { Err(Errno::EINVAL) } else { Ok(()) };
            let number = table.find_or_make(wish, caller, MOST_SEGMENTS, fits, || {
                if size == 0 || size > u64::MAX / 4 {
                    return Err(Errno::EINVAL);
                }
                if used + pages(size) > self.pages {
                    return Err(Errno::ENOSPC);
                }
                let memory = SharedMemory::new(pages(size))?;
                let segment = Segment { memory, key: wish.key, number: 0, all: Weak::clone(&self.own) };
                let facts = Facts {
                    size,
                    moved: [0; 2],
                    changed: wall_clock::now().as_secs(),
                    processes: [process, 0],
                    attached: 0,
                };
                Ok(Known { segment: try_arc(segment).map_err(|_| Errno::ENOMEM)?, facts })
            })?;
            // Nobody has mapped a new one yet, so there is one reference.
            if let Some(segment) = Arc::get_mut(&mut table.get(number)?.object.segment) {
                segment.number = number;
            }
            Ok(number)
        })
    }

    /// How many segments there are, and how many pages they have.
    pub fn used(&self, held: &mut Root<'_, Task>) -> (usize, u64) {
        held.with(&self.all.table, |table, _| {
            (table.count(), table.iter().map(|(_, entry)| pages(entry.object.facts.size)).sum())
        })
    }

    /// A segment for a process to map, for reading or for writing too, and how many bytes it has. The reference is closed in the end.
    ///
    /// # Errors
    ///
    /// As for `shmat`: [`Errno::EINVAL`], [`Errno::EACCES`].
    pub fn attach(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        (caller, process): (&Caller<'_>, u32),
        writes: bool,
    ) -> Result<(Arc<Segment>, u64)> {
        let wanted = if writes { READ | ALTER } else { READ };
        self.all.look(held, number, caller, wanted, |entry| {
            let known = &mut entry.object;
            known.facts.moved[0] = wall_clock::now().as_secs();
            known.facts.processes[1] = process;
            (Arc::clone(&known.segment), known.facts.size)
        })
    }

    /// The bytes of the segment whose pages have an identity, and notes that a process detaches it.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where there is none.
    pub fn detach(&self, held: &mut Root<'_, Task>, identity: u64, process: u32) -> Result<u64> {
        held.with(&self.all.table, |table, _| {
            let is_it = |known: &Known| known.segment.identity() == identity;
            let found = table.iter().find(|(_, entry)| is_it(&entry.object)).map(|(number, _)| number);
            let known = &mut table.get(found.ok_or(Errno::EINVAL)?)?.object;
            known.facts.processes[1] = process;
            Ok(known.facts.size)
        })
    }

    /// A mapping has ended: a segment that was removed goes with the last one.
    fn detached(&self, held: &mut Root<'_, Task>, number: u32) {
        let gone = held.with(&self.all.table, |table, _| {
            let entry = table.get(number).ok()?;
            entry.object.facts.moved[1] = wall_clock::now().as_secs();
            let is_last = Arc::strong_count(&entry.object.segment) == 1;
            (is_last && entry.permissions.mode & REMOVED != 0).then(|| table.remove(number).ok())?
        });
        drop(gone);
    }

    /// Changes what is said of a segment.
    fn change(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        change: impl FnOnce(&mut Permissions),
    ) -> Result<()> {
        self.all.change(held, number, caller, |entry| {
            change(&mut entry.permissions);
            entry.object.facts.changed = wall_clock::now().as_secs();
            Ok(())
        })
    }

    /// Gives a segment to another owner, with another mode.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`], [`Errno::EPERM`].
    pub fn set_owner(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        owner: (u32, u32),
        mode: u32,
    ) -> Result<()> {
        self.change(held, number, caller, |permissions| permissions.set(owner, mode))
    }

    /// Says whether a segment is not to leave memory.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`], [`Errno::EPERM`].
    pub fn lock(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        locked: bool,
    ) -> Result<()> {
        self.change(held, number, caller, |permissions| {
            permissions.mode = permissions.mode & !LOCKED | if locked { LOCKED } else { 0 };
        })
    }
}

impl Kind for Segments {
    type Object = Known;
    type Facts = Facts;

    fn store(&self) -> &Store<Known> {
        &self.all
    }

    fn facts(
        &self,
        held: &mut Root<'_, Task>,
        number: u32,
        caller: &Caller<'_>,
        wanted: u32,
    ) -> Result<(Permissions, Facts)> {
        self.all.look(held, number, caller, wanted, |entry| (entry.permissions, entry.object.facts()))
    }

    /// No key stands for it any more, and it goes with its last mapping.
    fn remove(&self, held: &mut Root<'_, Task>, number: u32, caller: &Caller<'_>) -> Result<()> {
        let gone = held.with(&self.all.table, |table, _| {
            let entry = table.get(number)?;
            entry.permissions.owns(caller)?;
            if Arc::strong_count(&entry.object.segment) == 1 {
                return table.remove(number).map(Some);
            }
            entry.permissions.key = PRIVATE;
            entry.permissions.mode |= REMOVED;
            Ok(None)
        })?;
        drop(gone);
        Ok(())
    }
}
