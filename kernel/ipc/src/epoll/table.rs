//! Which files an epoll watches: entries, in the order of their keys. What one epoll watches it watches under a description and a
//! descriptor: the same file may be there twice, under two descriptors, and a number that stands for another description meanwhile
//! is another entry.

use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use abi::{Errno, Result, general};
use base::sched::waiting;
use fs::{OpenFile, StreamFile};
use lockorder::hierarchy;

use crate::poll;

hierarchy! {
    /// Which files an epoll watches.
    pub class Epoll in base::levels::Ipc = 1;
}

/// The most entries of all epolls.
const MOST: usize = 1 << 16;
/// How many entries an epoll may have before it looks for some whose description has gone.
const FEW: usize = 16;

/// Bits that say how to tell and not what.
const HOW: u32 = general::EPOLLET | general::EPOLLONESHOT | general::EPOLLWAKEUP | general::EPOLLEXCLUSIVE;

/// How many entries all epolls have.
static ENTRIES: AtomicUsize = AtomicUsize::new(0);

/// What an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) description: u64,
    pub(super) descriptor: u32,
}

/// Having one is to be counted among all entries.
#[derive(Debug)]
struct Counted;

impl Counted {
    fn new() -> Result<Self> {
        // From here on it is counted, and is not any more when it drops.
        let own = Self;
        if ENTRIES.fetch_add(1, Ordering::Relaxed) < MOST {
            return Ok(own);
        }
        Err(Errno::ENOSPC)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ENTRIES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is wanted of a file. Changed under the lock, and read without it by who only looks.
#[derive(Debug)]
pub(super) struct Entry {
    key: Key,
    description: Weak<OpenFile>,
    /// What is wanted, and how; only how where it is disarmed.
    events: AtomicU32,
    /// What comes with an event.
    data: AtomicU64,
    _counted: Counted,
}

/// An entry where it stands at its file's sources.
pub(super) type Member = waiting::Member<dyn StreamFile, Entry>;
/// The entries of an epoll whose files were woken.
pub(super) type Gathering = waiting::Gathering<dyn StreamFile, Entry>;

/// What is told of an entry.
pub(super) enum Seen {
    /// Nothing.
    Nothing,
    /// Its description has gone.
    Gone,
    /// These events.
    Events(u32),
}

/// What is wanted always: errors and the end.
const fn with_always(events: u32) -> u32 {
    events | general::EPOLLERR | general::EPOLLHUP
}

/// Looks at an entry's file.
pub(super) fn look(member: &Member) -> Seen {
    let entry = member.value();
    if entry.description.strong_count() == 0 {
        return Seen::Gone;
    }
    let wanted = entry.events.load(Ordering::Relaxed) & !HOW;
    if wanted == 0 {
        return Seen::Nothing;
    }
    match member.look(|file| u32::from(poll::events(file.readiness()))) & wanted {
        0 => Seen::Nothing,
        events => Seen::Events(events),
    }
}

impl Entry {
    /// # Errors
    ///
    /// [`Errno::ENOSPC`].
    pub(super) fn new(key: Key, description: &Arc<OpenFile>, events: u32, data: u64) -> Result<Self> {
        Ok(Self {
            key,
            description: Arc::downgrade(description),
            events: AtomicU32::new(with_always(events)),
            data: AtomicU64::new(data),
            _counted: Counted::new()?,
        })
    }

    pub(super) const fn key(&self) -> Key {
        self.key
    }

    pub(super) fn data(&self) -> u64 {
        self.data.load(Ordering::Relaxed)
    }

    /// Changes what is wanted.
    ///
    /// # Errors
    ///
    /// [`Errno::EINVAL`] where it was added for one epoll of several.
    pub(super) fn change(&self, events: u32, data: u64) -> Result<()> {
        if self.events.load(Ordering::Relaxed) & general::EPOLLEXCLUSIVE != 0 {
            return Err(Errno::EINVAL);
        }
        self.data.store(data, Ordering::Relaxed);
        self.events.store(with_always(events), Ordering::Relaxed);
        Ok(())
    }

    /// Notes that its events were told; says whether they are told again as long as they are there.
    pub(super) fn note_told(&self) -> bool {
        let events = self.events.load(Ordering::Relaxed);
        if events & general::EPOLLONESHOT != 0 {
            self.events.store(events & HOW, Ordering::Relaxed);
        }
        events & (general::EPOLLONESHOT | general::EPOLLET) == 0
    }
}

/// The entries of an epoll.
#[derive(Debug)]
pub(super) struct Table {
    /// In the order of their keys.
    members: Vec<Arc<Member>>,
    /// With how many entries it looks for those whose description has gone.
    sweeps_at: usize,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self { members: Vec::new(), sweeps_at: FEW }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    fn place(&self, key: Key) -> core::result::Result<usize, usize> {
        self.members.binary_search_by_key(&key, |member| member.value().key)
    }

    /// The entry with a key.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`].
    pub(super) fn find(&self, key: Key) -> Result<&Arc<Member>> {
        let place = self.place(key).map_err(|_| Errno::ENOENT)?;
        self.members.get(place).ok_or(Errno::ENOENT)
    }

    /// Puts an entry in its place.
    ///
    /// # Errors
    ///
    /// [`Errno::EEXIST`]; [`Errno::ENOMEM`].
    pub(super) fn insert(&mut self, gathering: &Gathering, member: Arc<Member>) -> Result<()> {
        if self.members.len() >= self.sweeps_at {
            self.sweep(gathering);
        }
        let Err(place) = self.place(member.value().key) else { return Err(Errno::EEXIST) };
        self.members.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        self.members.insert(place, member);
        Ok(())
    }

    /// Takes an entry out.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOENT`].
    pub(super) fn remove(&mut self, gathering: &Gathering, key: Key) -> Result<Arc<Member>> {
        let place = self.place(key).map_err(|_| Errno::ENOENT)?;
        let member = self.members.remove(place);
        gathering.remove(&member);
        Ok(member)
    }

    /// Takes out all whose description has gone.
    fn sweep(&mut self, gathering: &Gathering) {
        self.members.retain(|member| {
            let is_there = member.value().description.strong_count() > 0;
            if !is_there {
                gathering.remove(member);
            }
            is_there
        });
        self.sweeps_at = FEW.max(self.members.len().saturating_mul(2));
    }

    /// Takes all out.
    pub(super) fn empty(&mut self, gathering: &Gathering) -> Vec<Arc<Member>> {
        self.members.iter().for_each(|member| gathering.remove(member));
        core::mem::take(&mut self.members)
    }
}
