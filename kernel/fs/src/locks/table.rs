//! All files that have locks, by their identity; taking a lock, and waiting for it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::Mutex;
use base::sched::waiting::{self, Source};
use lockorder::{Root, Task, hierarchy};

use super::ranges::{Lock, Mode, Owner, Ranges};
use super::waits::Waits;

hierarchy! {
    /// Which locks programs have on files, and who waits for whom.
    pub class RecordLocks in base::levels::Filesystem = 6;
}

/// An inode, by its filesystem's number and its own.
type Identity = (u64, u64);

/// Which locks know each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Those on ranges of bytes.
    Record,
    /// Those on whole files.
    Whole,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Of which family.
    pub family: Family,
    /// Whose it is to be.
    pub owner: Owner,
    /// The process that asks.
    pub process: u32,
    /// The bytes.
    pub part: Range<u64>,
    /// Who else may have them; none to give them up.
    pub mode: Option<Mode>,
}

/// That locks of a file have gone.
#[derive(Debug)]
struct Changes {
    count: AtomicU64,
    source: Source,
}

/// The locks of one file.
struct OfFile {
    identity: Identity,
    records: Ranges,
    whole: Ranges,
    changes: Arc<Changes>,
}

impl OfFile {
    fn family(&mut self, family: Family) -> &mut Ranges {
        match family {
            Family::Record => &mut self.records,
            Family::Whole => &mut self.whole,
        }
    }
}

/// All locks.
struct Locks {
    /// In the order of their identities.
    files: Vec<OfFile>,
    waits: Waits,
}

/// Protects all locks; class `RecordLocks`.
static LOCKS: Mutex<RecordLocks, Locks> = Mutex::new(Locks { files: Vec::new(), waits: Waits::new() });

/// What an attempt has come to: it is done, or somebody is in the way until the count is another one.
enum Attempt {
    Done,
    Blocked(Arc<Changes>, u64),
}

impl Locks {
    fn find(&mut self, identity: Identity) -> Option<&mut OfFile> {
        let place = self.files.binary_search_by_key(&identity, |file| file.identity).ok()?;
        self.files.get_mut(place)
    }

    /// The file with an identity, added where it is not there.
    fn file(&mut self, identity: Identity) -> Result<&mut OfFile> {
        let place = match self.files.binary_search_by_key(&identity, |file| file.identity) {
            Ok(place) => place,
            Err(place) => {
                self.files.try_reserve(1).map_err(|_| Errno::ENOLCK)?;
                let changes = Changes { count: AtomicU64::new(0), source: Source::new() };
                let changes = try_arc(changes).map_err(|_| Errno::ENOLCK)?;
                let (records, whole) = (Ranges::new(), Ranges::new());
                self.files.insert(place, OfFile { identity, records, whole, changes });
                place
            }
        };
        self.files.get_mut(place).ok_or(Errno::ENOLCK)
    }

    /// Something of a file's locks has gone: who waits looks again; a file without locks is forgotten.
    fn changed(&mut self, identity: Identity) {
        self.waits.forget_file(identity);
        let Ok(place) = self.files.binary_search_by_key(&identity, |file| file.identity) else { return };
        let Some(file) = self.files.get(place) else { return };
        file.changes.count.fetch_add(1, Ordering::SeqCst);
        file.changes.source.wake();
        if file.records.is_empty() && file.whole.is_empty() {
            drop(self.files.remove(place));
        }
    }

    /// Does what is asked for, or says who is in the way.
    fn attempt(&mut self, identity: Identity, request: &Request, waits: bool) -> Result<Attempt> {
        let Request { family, owner, process, ref part, mode } = *request;
        let Some(mode) = mode else {
            let Some(file) = self.find(identity) else { return Ok(Attempt::Done) };
            if file.family(family).remove(owner, part)? {
                self.changed(identity);
            }
            return Ok(Attempt::Done);
        };
        let file = self.file(identity)?;
        if file.family(family).has(owner, mode, part) {
            return Ok(Attempt::Done);
        }
        // A lock on a whole file is given up before another one is asked for: two that wait to have more than they share would
        // wait for each other.
        if family == Family::Whole && file.whole.clear(owner) {
            self.changed(identity);
        }
        let file = self.file(identity)?;
        if let Some(lock) = file.family(family).conflict(owner, mode, part) {
            let blocker = lock.owner;
            if !waits {
                return Err(Errno::EAGAIN);
            }
            let changes = Arc::clone(&file.changes);
            let seen = changes.count.load(Ordering::SeqCst);
            self.waits.forget(owner, identity);
            self.waits.add(owner, blocker, identity)?;
            return Ok(Attempt::Blocked(changes, seen));
        }
        let lock = Lock { owner, mode, part: part.clone(), process };
        let set = file.family(family).set(lock);
        // What was exclusive may be shared now; and a file that was added in vain goes.
        self.changed(identity);
        set.map(|()| Attempt::Done)
    }
}

/// Takes a lock, or gives one up.
///
/// # Errors
///
/// [`Errno::EAGAIN`] where somebody is in the way, and it does not wait; [`Errno::EDEADLK`] where that one waits for who asks;
/// [`Errno::EINTR`]; [`Errno::ENOLCK`].
pub fn acquire(
    held: &mut Root<'_, Task>,
    identity: Identity,
    request: &Request,
    waits: bool,
    interrupted: &dyn Fn() -> bool,
) -> Result<()> {
    loop {
        let attempt = held.with(&LOCKS, |locks, _| locks.attempt(identity, request, waits))?;
        let Attempt::Blocked(changes, seen) = attempt else { return Ok(()) };
        let has_changed = || changes.count.load(Ordering::SeqCst) != seen;
        let look = || (has_changed() || interrupted()).then_some(());
        // There is no deadline, and one source needs no memory.
        let _ = waiting::wait(held, &[&changes.source], None, |_| look());
        if !has_changed() {
            held.with(&LOCKS, |locks, _| locks.waits.forget(request.owner, identity));
            return Err(Errno::EINTR);
        }
    }
}

/// The lock that is in the way of a request.
pub fn conflict(held: &mut Root<'_, Task>, identity: Identity, request: &Request) -> Option<Lock> {
    let mode = request.mode?;
    held.with(&LOCKS, |locks, _| {
        let file = locks.find(identity)?;
        file.family(request.family).conflict(request.owner, mode, &request.part).cloned()
    })
}

/// Takes all locks of a file away from an owner.
pub fn release(held: &mut Root<'_, Task>, identity: Identity, owner: Owner) {
    held.with(&LOCKS, |locks, _| {
        let Some(file) = locks.find(identity) else { return };
        let (records, whole) = (file.records.clear(owner), file.whole.clear(owner));
        if records || whole {
            locks.changed(identity);
        }
    });
}
