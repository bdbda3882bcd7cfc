//! The page tables of user address spaces, and which CPUs have them.
//!
//! [`UserTables`] is the part of an address space that the machine reads. **An entry owns one reference to its page**, present or
//! not, from the moment it is written until it is something else *and* every CPU has forgotten it. So what takes pages away does
//! it in three steps: the entries of a range are marked as going, every CPU that has the space forgets the range, the entries are
//! cleared and their pages dropped. One flush serves a range, however long, and what is taken away needs no list of its own.
//!
//! What must not happen at the same time in one space (marking a range, and dropping what another has marked) excludes each other
//! by a claim (`space`): one word, held while other CPUs are waited for. Who waits for the claim waits for that alone, since its holder
//! acquires nothing; so both ask for a token that may sleep, and no lock is involved.

use core::convert::Infallible;
use core::fmt;
use core::ops::Range;
use core::sync::atomic::Ordering;

use alloc::boxed::Box;

use bitflags::bitflags;
use lockorder::{Held, Level, MaySleep, Root, Task};
use machine::paging::NoMemory;
use machine::user_tables::{Entry, Flags, UserRoot, Value};
use x86_64::VirtAddr;

use super::fallible::try_box;
use super::frames::UserTableFrames;
use super::kernel_space;
use super::page::{PAGE_SIZE, Page};
use super::shoot_down;
use super::space::Space;
use crate::sched::deferred::{Deferred, Teardown};
use crate::user::address::{USER_END, UserAddress};

bitflags! {
    /// What user mode may do with a page. Writing and executing imply reading; without any of them the page stays, and
    /// touching it faults.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Protection: u8 {
        /// Reading.
        const READ = 1;
        /// Writing.
        const WRITE = 2;
        /// Executing.
        const EXECUTE = 4;
    }
}

impl Protection {
    /// The flags of an entry with this protection.
    fn flags(self) -> Flags {
        let mut flags = Flags::OWNED | Flags::USER | Flags::NO_EXECUTE;
        flags.set(Flags::PRESENT, !self.is_empty());
        flags.set(Flags::WRITABLE, self.contains(Self::WRITE));
        flags.set(Flags::NO_EXECUTE, !self.contains(Self::EXECUTE));
        flags
    }

    /// The protection that an entry's flags give.
    fn of(flags: Flags) -> Self {
        let mut protection = Self::empty();
        if flags.contains(Flags::PRESENT) {
            protection |= Self::READ;
            protection.set(Self::WRITE, flags.contains(Flags::WRITABLE));
            protection.set(Self::EXECUTE, !flags.contains(Flags::NO_EXECUTE));
        }
        protection
    }
}

/// A page that is mapped.
#[derive(Debug)]
pub struct Mapped {
    /// The page: one more reference to it.
    pub page: Page,
    /// What user mode may do with it.
    pub protection: Protection,
    /// Whether it has been used.
    pub accessed: bool,
    /// Whether it has been written to.
    pub dirty: bool,
}

/// Why a page cannot be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// There is one already.
    Taken,
    /// No memory for a table.
    NoMemory,
}

/// An address space's page tables, for their owner: dropped anywhere, torn down by the reaper.
pub struct UserTables(Deferred<Owned>);

/// The space, which stays where it is until it has been torn down: CPUs point to it.
struct Owned(Box<Option<Space>>);

impl fmt::Debug for UserTables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UserTables").field("pages", &self.mapped_pages()).finish_non_exhaustive()
    }
}

/// Drops what an entry has owned.
///
/// # Safety
///
/// The value has been taken out of its entry by the caller, and no CPU has it cached.
unsafe fn drop_owned(value: Value) {
    if value.flags().contains(Flags::OWNED) {
        // SAFETY: the entry owned one reference, which is given up here, once.
        drop(unsafe { Page::from_frame(value.frame()) });
    }
}

/// Changes an entry until `change` gives nothing; gives what it was when it was changed.
///
/// # Safety
///
/// As for [`Entry::compare_exchange`], of every value that `change` gives.
unsafe fn update(entry: &Entry, change: impl Fn(Value) -> Option<Value>) -> Option<Value> {
    let mut value = entry.load();
    loop {
        let next = change(value)?;
        // SAFETY: the caller answers for it.
        match unsafe { entry.compare_exchange(value, next) } {
            Ok(()) => return Some(value),
            Err(now) => value = now,
        }
    }
}

/// Whether an entry owns a page that nobody is taking away.
const fn stays(value: Value) -> bool {
    value.flags().contains(Flags::OWNED) && !value.flags().contains(Flags::GOING)
}

/// An entry with another protection. What the CPU has noted of the page's use stays.
fn protected(value: Value, protection: Protection) -> Value {
    let noted = value.flags() & (Flags::ACCESSED | Flags::DIRTY);
    value.with(protection.flags() | noted)
}

/// Calls `look` for each entry of a range that is something.
fn each(space: &Space, range: Range<VirtAddr>, mut look: impl FnMut(VirtAddr, &Entry)) {
    let Ok(()) = space.root.each::<Infallible>(range, |address, entry| {
        look(address, entry);
        Ok(())
    });
}

/// The whole pages of a range.
fn pages(range: &Range<UserAddress>) -> Range<VirtAddr> {
    let end = range.end.get().min(USER_END);
    VirtAddr::new_truncate(range.start.page().get())..VirtAddr::new_truncate(end)
}

/// How many pages a range has.
fn count(range: &Range<VirtAddr>) -> u64 {
    range.end.as_u64().saturating_sub(range.start.as_u64()).div_ceil(PAGE_SIZE as u64)
}

/// Where a page's entry is.
fn place(at: UserAddress) -> VirtAddr {
    VirtAddr::new_truncate(at.page().get())
}

impl Teardown for Owned {
    /// Has every CPU leave the space, drops its pages, and frees the tables.
    fn tear_down(self, held: &mut Root<'_, Task>) {
        let Self(mut place) = self;
        if let Some(space) = place.as_ref() {
            shoot_down::leave(held, space);
        }
        let Some(space) = place.take() else { return };
        let everything = VirtAddr::zero()..VirtAddr::new_truncate(USER_END);
        each(&space, everything, |_, entry| {
            // SAFETY: no CPU has the space any more, so that what the entry has owned can be dropped.
            unsafe { drop_owned(entry.swap(Value::NONE)) }
        });
        // SAFETY: no CPU uses the tables, and none will: this was their only owner.
        unsafe { space.root.free(&mut UserTableFrames) }
    }
}

impl UserTables {
    /// Tables of a space in which nothing is mapped.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when there is none for them.
    pub fn new() -> Result<Self, NoMemory> {
        // Its places first: what fails after the root is made would lose it.
        let mut owned = Deferred::try_new(Owned(try_box(None)?))?;
        *owned.0 = Some(Space::new(UserRoot::new(kernel_space::tables(), &mut UserTableFrames)?));
        Ok(Self(owned))
    }

    /// What CPUs load.
    ///
    /// # Panics
    ///
    /// Never: they are made with one.
    pub(crate) fn space(&self) -> &Space {
        self.0.0.as_ref().as_ref().expect("tables are made with a space")
    }

    /// How many pages are mapped.
    #[must_use]
    pub fn mapped_pages(&self) -> u64 {
        self.space().pages.load(Ordering::Relaxed)
    }

    /// Maps a page where nothing is.
    ///
    /// # Errors
    ///
    /// [`MapError`]; the page is dropped then.
    pub fn map(&self, at: UserAddress, page: Page, protection: Protection) -> Result<(), MapError> {
        if !at.is_user() {
            return Err(MapError::Taken);
        }
        let space = self.space();
        let entry =
            space.root.entry(place(at), &mut UserTableFrames).map_err(|NoMemory| MapError::NoMemory)?;
        let frame = page.into_frame();
        // SAFETY: the entry owns the reference from here on.
        let mapped = unsafe { entry.compare_exchange(Value::NONE, Value::new(frame, protection.flags())) };
        if mapped.is_err() {
            // SAFETY: no entry has taken the reference, which is dropped once.
            drop(unsafe { Page::from_frame(frame) });
            return Err(MapError::Taken);
        }
        space.pages.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// What is mapped at an address.
    pub fn get<H: Level, C: MaySleep>(&self, held: &mut Held<'_, H, C>, at: UserAddress) -> Option<Mapped> {
        let space = self.space();
        let _claim = space.claim(held);
        let value = space.root.existing(place(at))?.load();
        let flags = value.flags();
        if !stays(value) {
            return None;
        }
        // SAFETY: the entry owns a reference, and keeps it while the claim is held.
        let page = unsafe { Page::another(value.frame()) };
        Some(Mapped {
            page,
            protection: Protection::of(flags),
            accessed: flags.contains(Flags::ACCESSED),
            dirty: flags.contains(Flags::DIRTY),
        })
    }

    /// Maps a page in the place of what is there, if anything is; every CPU forgets that before it is dropped.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when there is none for a table; the page is dropped then.
    pub fn replace<H: Level, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        at: UserAddress,
        page: Page,
        protection: Protection,
    ) -> Result<(), NoMemory> {
        if !at.is_user() {
            return Err(NoMemory);
        }
        let space = self.space();
        let entry = space.root.entry(place(at), &mut UserTableFrames)?;
        let claim = space.claim(held);
        // SAFETY: the entry owns the new reference from here on.
        let had = unsafe { entry.swap(Value::new(page.into_frame(), protection.flags())) };
        if had.is_none() {
            space.pages.fetch_add(1, Ordering::Relaxed);
        } else {
            shoot_down::forget(held, space, place(at), 1);
        }
        // SAFETY: it has been taken out of its entry, and every CPU has forgotten it.
        unsafe { drop_owned(had) }
        drop(claim);
        Ok(())
    }

    /// Lets user mode use a page as `protection` says, writing to it too, if it is the one that is mapped there and nobody has a
    /// reference to it besides the entry and the caller; says whether it does.
    pub fn own<H: Level, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        at: UserAddress,
        page: &Page,
        protection: Protection,
    ) -> bool {
        let space = self.space();
        // Under the claim nobody gets a reference from the entry.
        let claim = space.claim(held);
        let Some(entry) = space.root.existing(place(at)) else { return false };
        let is_it = |value: Value| stays(value) && value.frame() == page.frame();
        if !is_it(entry.load()) || !page.has_two_references() {
            return false;
        }
        // SAFETY: the entry keeps its page.
        let had = unsafe { update(entry, |value| is_it(value).then(|| protected(value, protection))) };
        if had.is_some_and(|had| !protection.contains(Protection::of(had.flags()))) {
            shoot_down::forget(held, space, place(at), 1);
        }
        drop(claim);
        had.is_some()
    }

    /// Takes the pages of a range away; gives how many those were. When this returns no CPU can reach them.
    pub fn unmap<H: Level, C: MaySleep>(&self, held: &mut Held<'_, H, C>, range: Range<UserAddress>) -> u64 {
        let range = pages(&range);
        let space = self.space();
        let claim = space.claim(held);
        let mut taken = 0;
        each(space, range.clone(), |_, entry| {
            // SAFETY: the entry still owns its page, and does until it is cleared below.
            let marked = unsafe {
                update(entry, |value| {
                    let flags = value.flags().difference(Flags::PRESENT).union(Flags::GOING);
                    stays(value).then(|| value.with(flags))
                })
            };
            taken += u64::from(marked.is_some());
        });
        if taken > 0 {
            shoot_down::forget(held, space, range.start, count(&range));
            each(space, range, |_, entry| {
                if entry.load().flags().contains(Flags::GOING) {
                    // SAFETY: it was marked above, under the claim, and every CPU has forgotten it.
                    unsafe { drop_owned(entry.swap(Value::NONE)) }
                }
            });
            space.pages.fetch_sub(taken, Ordering::Relaxed);
        }
        drop(claim);
        taken
    }

    /// Changes what user mode may do with the pages of a range. When this returns no CPU allows what is not allowed any more.
    pub fn protect<H: Level, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        range: Range<UserAddress>,
        protection: Protection,
    ) {
        let range = pages(&range);
        let space = self.space();
        let claim = space.claim(held);
        let mut lost = false;
        each(space, range.clone(), |_, entry| {
            // SAFETY: the entry keeps its page.
            let had = unsafe { update(entry, |value| stays(value).then(|| protected(value, protection))) };
            lost |= had.is_some_and(|had| !protection.contains(Protection::of(had.flags())));
        });
        if lost {
            shoot_down::forget(held, space, range.start, count(&range));
        }
        drop(claim);
    }

    /// Maps the pages of ranges in `child` too, at the same addresses. Where they are to be copied on a write, neither may write to
    /// them any more; CPUs forget that they could once for all ranges.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when there is none for the child's tables; it has a part of the pages then.
    pub fn share_with<H: Level, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        child: &Self,
        ranges: impl IntoIterator<Item = Range<UserAddress>>,
        copy_on_write: bool,
    ) -> Result<(), NoMemory> {
        let space = self.space();
        let claim = space.claim(held);
        // From the first entry that lost a right to the last.
        let mut lost: Option<Range<VirtAddr>> = None;
        let mut share = |address: VirtAddr, entry: &Entry| {
            if copy_on_write {
                // SAFETY: the entry keeps its page.
                let had = unsafe {
                    update(entry, |value| {
                        let writable = stays(value) && value.flags().contains(Flags::WRITABLE);
                        writable.then(|| value.with(value.flags().difference(Flags::WRITABLE)))
                    })
                };
                if had.is_some() {
                    let end = address + PAGE_SIZE as u64;
                    lost = Some(
                        lost.as_ref().map_or(address..end, |lost| lost.start.min(address)..lost.end.max(end)),
                    );
                }
            }
            let value = entry.load();
            if !stays(value) {
                return Ok(());
            }
            // SAFETY: the parent's entry owns a reference, and keeps it while the claim is held.
            let page = unsafe { Page::another(value.frame()) };
            match child.map(UserAddress::new(address.as_u64()), page, Protection::of(value.flags())) {
                Err(MapError::NoMemory) => Err(NoMemory),
                Ok(()) | Err(MapError::Taken) => Ok(()),
            }
        };
        let shared = ranges.into_iter().try_for_each(|range| space.root.each(pages(&range), &mut share));
        if let Some(lost) = lost {
            shoot_down::forget(held, space, lost.start, count(&lost));
        }
        drop(claim);
        shared
    }

    /// Moves the pages of a range to where `to` begins, as far as nothing is there.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when there is none for tables; nothing has moved then.
    pub fn move_to<H: Level, C: MaySleep>(
        &self,
        held: &mut Held<'_, H, C>,
        from: Range<UserAddress>,
        to: UserAddress,
    ) -> Result<(), NoMemory> {
        let range = pages(&from);
        let target = |address: VirtAddr| UserAddress::new(to.page().get() + (address - range.start));
        let space = self.space();
        // The tables first, so that nothing fails half-way.
        space.root.each(range.clone(), |address, _| {
            let target = target(address);
            if target.is_user() {
                space.root.entry(place(target), &mut UserTableFrames).map(|_| ())
            } else {
                Ok(())
            }
        })?;
        {
            let _claim = space.claim(held);
            each(space, range.clone(), |address, entry| {
                let value = entry.load();
                let target = target(address);
                if stays(value) && target.is_user() {
                    // SAFETY: the entry owns a reference, and keeps it while the claim is held.
                    let page = unsafe { Page::another(value.frame()) };
                    // Where something is already the page is dropped, as what is mapped over would be.
                    let _ = self.map(target, page, Protection::of(value.flags()));
                }
            });
        }
        self.unmap(held, from);
        Ok(())
    }
}
