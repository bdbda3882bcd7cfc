//! Open files, by number.
//!
//! A table may be shared by processes. Under its lock numbers are looked up and entries moved, and nothing else: a description that
//! loses its number is taken out, and closed by the caller with nothing held.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use abi::{Errno, Result};
use base::mm::fallible::try_arc;
use base::sched::Mutex;
use fs::OpenFile;
use fs::locks::{self, Owner};
use lockorder::{Before, Held, Root, Task, hierarchy};

hierarchy! {
    /// Which number is which open file.
    pub class DescriptorTable in base::levels::User = 0;
}

/// The most numbers.
pub const MOST: usize = 1024;

/// What one number stands for.
#[derive(Clone, Debug)]
struct Slot {
    file: Arc<OpenFile>,
    close_on_exec: bool,
}

/// A table of open files.
#[derive(Debug)]
pub struct Descriptors {
    /// Protects the numbers; class `DescriptorTable`.
    slots: Mutex<DescriptorTable, Vec<Option<Slot>>>,
    /// The most numbers that its processes may have.
    most: AtomicUsize,
    /// How many processes use it: others hold it for a moment only, to look.
    users: AtomicUsize,
    /// Its own among all that ever were: locks on files belong to it.
    number: u64,
    /// Whether it has ever had locks on files: they go when it closes any descriptor of theirs.
    has_locks: AtomicBool,
}

/// The number of the table that is made next.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Makes room for a number.
fn reach(slots: &mut Vec<Option<Slot>>, number: usize) -> Result<&mut Option<Slot>> {
    if number >= slots.len() {
        slots.try_reserve(number + 1 - slots.len()).map_err(|_| Errno::ENOMEM)?;
        slots.resize(number + 1, None);
    }
    slots.get_mut(number).ok_or(Errno::EMFILE)
}

/// A number of a user's.
fn index(number: u64) -> Result<usize> {
    usize::try_from(number).ok().filter(|&number| number < MOST).ok_or(Errno::EBADF)
}

impl Descriptors {
    /// A table without files.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn new() -> Result<Arc<Self>> {
        Self::with(Vec::new(), MOST)
    }

    fn with(slots: Vec<Option<Slot>>, most: usize) -> Result<Arc<Self>> {
        let table = Self {
            slots: Mutex::new(slots),
            most: AtomicUsize::new(most),
            users: AtomicUsize::new(1),
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            has_locks: AtomicBool::new(false),
        };
        try_arc(table).map_err(|_| Errno::ENOMEM)
    }

    /// One more process uses it.
    pub(crate) fn share(&self) {
        self.users.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether several processes use it.
    pub(crate) fn is_shared(&self) -> bool {
        self.users.load(Ordering::SeqCst) > 1
    }

    /// Whose the locks are that belong to it, which is about to have one.
    pub fn will_have_locks(&self) -> Owner {
        self.has_locks.store(true, Ordering::SeqCst);
        Owner::Table(self.number)
    }

    /// Ends the use of a file by one number: locks that it has on it go, whatever other numbers lead to it.
    fn end(&self, held: &mut Root<'_, Task>, file: Arc<OpenFile>) {
        if self.has_locks.load(Ordering::SeqCst)
            && let Some(inode) = file.file().inode()
        {
            locks::release(held, inode.identity(), Owner::Table(self.number));
        }
        file.close(held);
    }

    /// A table with the same files: another process's.
    ///
    /// # Errors
    ///
    /// [`Errno::ENOMEM`].
    pub fn try_clone(&self, held: &mut Root<'_, Task>) -> Result<Arc<Self>> {
        let mut copy = Vec::new();
        held.with(&self.slots, |slots, _| {
            copy.try_reserve(slots.len()).map_err(|_| Errno::ENOMEM)?;
            copy.extend(slots.iter().cloned());
            Ok::<(), Errno>(())
        })?;
        Self::with(copy, self.most())
    }

    /// The most numbers that its processes may have.
    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// Says how many numbers its processes may have. Those above stay as long as they are.
    pub fn set_most(&self, most: usize) {
        self.most.store(most.min(MOST), Ordering::Relaxed);
    }

    /// The file with a number.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`].
    pub fn get(&self, held: &mut Root<'_, Task>, number: u64) -> Result<Arc<OpenFile>> {
        let number = index(number)?;
        let found = held.with(&self.slots, |slots, _| {
            slots.get(number).and_then(Option::as_ref).map(|slot| Arc::clone(&slot.file))
        });
        found.ok_or(Errno::EBADF)
    }

    /// The number at a place in their order.
    pub(crate) fn number_at<H: Before<DescriptorTable>>(
        &self,
        held: &mut Held<'_, H, Task>,
        place: usize,
    ) -> Option<u64> {
        held.below::<DescriptorTable>().with(&self.slots, |slots, _| {
            let taken = slots.iter().enumerate().filter(|(_, slot)| slot.is_some());
            taken.map(|(number, _)| number as u64).nth(place)
        })
    }

    /// Gives a file the first free number from `least` on.
    ///
    /// # Errors
    ///
    /// [`Errno::EMFILE`]; [`Errno::EINVAL`] for a least number that none may be; [`Errno::ENOMEM`]. The file is closed then.
    pub fn insert(
        &self,
        held: &mut Root<'_, Task>,
        file: Arc<OpenFile>,
        least: usize,
        close_on_exec: bool,
    ) -> Result<u64> {
        let own = Arc::clone(&file);
        let inserted = held.with(&self.slots, |slots, _| {
            let free = slots.iter().skip(least).position(Option::is_none).map(|place| place + least);
            let number = free.unwrap_or(slots.len().max(least));
            if number >= self.most() {
                return Err(if least > 0 && least >= self.most() { Errno::EINVAL } else { Errno::EMFILE });
            }
            *reach(slots, number)? = Some(Slot { file: own, close_on_exec });
            Ok(number as u64)
        });
        if inserted.is_err() {
            file.close(held);
        }
        inserted
    }

    /// Whether there is a number for one more file, before it is made.
    ///
    /// # Errors
    ///
    /// [`Errno::EMFILE`].
    pub fn has_room(&self, held: &mut Root<'_, Task>) -> Result<()> {
        let free =
            held.with(&self.slots, |slots, _| slots.iter().position(Option::is_none).unwrap_or(slots.len()));
        if free < self.most() { Ok(()) } else { Err(Errno::EMFILE) }
    }

    /// Gives a file this number; what had it is closed.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`]; [`Errno::ENOMEM`].
    pub fn replace(
        &self,
        held: &mut Root<'_, Task>,
        number: u64,
        file: Arc<OpenFile>,
        close_on_exec: bool,
    ) -> Result<()> {
        let number = index(number).ok().filter(|&number| number < self.most());
        let Some(number) = number else {
            file.close(held);
            return Err(Errno::EBADF);
        };
        let had = held.with(&self.slots, |slots, _| {
            let slot = reach(slots, number)?;
            Ok::<_, Errno>(slot.replace(Slot { file, close_on_exec }))
        })?;
        if let Some(had) = had {
            self.end(held, had.file);
        }
        Ok(())
    }

    /// Takes a number away, and closes what had it.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`].
    pub fn close(&self, held: &mut Root<'_, Task>, number: u64) -> Result<()> {
        let number = index(number)?;
        let had = held.with(&self.slots, |slots, _| slots.get_mut(number).and_then(Option::take));
        self.end(held, had.ok_or(Errno::EBADF)?.file);
        Ok(())
    }

    /// Whether a number's file is closed by an execution.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`].
    pub fn closes_on_exec(&self, held: &mut Root<'_, Task>, number: u64) -> Result<bool> {
        let number = index(number)?;
        let slot = |slots: &mut Vec<Option<Slot>>| {
            slots.get(number).and_then(Option::as_ref).map(|slot| slot.close_on_exec)
        };
        held.with(&self.slots, |slots, _| slot(slots)).ok_or(Errno::EBADF)
    }

    /// Says whether a number's file is closed by an execution.
    ///
    /// # Errors
    ///
    /// [`Errno::EBADF`].
    pub fn set_close_on_exec(&self, held: &mut Root<'_, Task>, number: u64, closes: bool) -> Result<()> {
        let number = index(number)?;
        held.with(&self.slots, |slots, _| {
            let slot = slots.get_mut(number).and_then(Option::as_mut).ok_or(Errno::EBADF)?;
            slot.close_on_exec = closes;
            Ok(())
        })
    }

    /// Closes those for which `closes` says so: one after the other, each with nothing held.
    fn close_where(&self, held: &mut Root<'_, Task>, closes: impl Fn(usize, bool) -> bool) {
        let mut from = 0;
        loop {
            let next = held.with(&self.slots, |slots, _| {
                let place = (from..slots.len()).find(|&place| {
                    slots[place].as_ref().is_some_and(|slot| closes(place, slot.close_on_exec))
                })?;
                slots[place].take().map(|slot| (place, slot))
            });
            let Some((place, slot)) = next else { return };
            self.end(held, slot.file);
            from = place + 1;
        }
    }

    /// Closes what an execution closes.
    pub fn exec(&self, held: &mut Root<'_, Task>) {
        self.close_where(held, |_, close_on_exec| close_on_exec);
    }

    /// Closes a range of numbers.
    pub fn close_range(&self, held: &mut Root<'_, Task>, range: RangeInclusive<usize>) {
        self.close_where(held, |place, _| range.contains(&place));
    }

    /// Has an execution close a range of numbers.
    pub fn close_range_on_exec(&self, held: &mut Root<'_, Task>, range: RangeInclusive<usize>) {
        held.with(&self.slots, |slots, _| {
            let numbered = slots.iter_mut().enumerate().filter(|(number, _)| range.contains(number));
            for slot in numbered.filter_map(|(_, slot)| slot.as_mut()) {
                slot.close_on_exec = true;
            }
        });
    }

    /// Ends the use of the table by one process: for the last one, all files are closed.
    pub fn leave(self: Arc<Self>, held: &mut Root<'_, Task>) {
        if self.users.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.close_where(held, |_, _| true);
        }
    }
}
