//! Faults: a page is wanted that is not there, or not in that way.
//!
//! Nothing is mapped before it is touched. A page of zeros is made where it is; a page of a file is asked for, and those around it that
//! are at hand come with it; a page that others have too is copied when it is written to, and one that nobody else has any more
//! becomes writable as it is. What lies right below a stack becomes stack.

use core::ops::Range;

use abi::Errno;
use base::mm::page::Page;
use base::mm::user_tables::{MapError, Mapped, Protection, UserTables};
use base::user::{Access, AddressSpace as Class, UserAddress};
use lockorder::{Before, Held, MaySleep, Task};

use crate::area::{Area, GUARD, PAGE};
use crate::backing::Reference;
use crate::layout::LOWEST;
use crate::limits::Limits;
use crate::space::{AddressSpace, State};

/// Pages that are mapped together where a file has them at hand, from a multiple of so many on.
const AROUND: u64 = 16;

/// Why an access is not to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing is mapped there (`SEGV_MAPERR`).
    Unmapped,
    /// It may not be used in this way (`SEGV_ACCERR`).
    Denied,
    /// A file has no such page, or cannot read it (`SIGBUS`, `BUS_ADRERR`).
    NoPage,
    /// There is no memory for it.
    NoMemory,
}

impl From<Errno> for Refusal {
    /// What a file's error means to who touches its page.
    fn from(error: Errno) -> Self {
        if error == Errno::ENOMEM { Self::NoMemory } else { Self::NoPage }
    }
}

/// What an access needs.
const fn needed(access: Access) -> Protection {
    match access {
        Access::Read => Protection::READ,
        Access::Write => Protection::WRITE,
        Access::Execute => Protection::EXECUTE,
    }
}

/// Whether something with a protection may be used in a way: what may be written to or executed may be read.
const fn allows(protection: Protection, access: Access) -> bool {
    match access {
        Access::Read => !protection.is_empty(),
        Access::Write | Access::Execute => protection.contains(needed(access)),
    }
}

impl AddressSpace {
    /// Makes an access to an address possible, if it is to be.
    ///
    /// # Errors
    ///
    /// The [`Refusal`]: what a process is told of it.
    pub fn resolve<H: Before<Class>>(
        &self,
        held: &mut Held<'_, H, impl MaySleep>,
        at: UserAddress,
        access: Access,
    ) -> Result<(), Refusal> {
        let limits = self.limits();
        let mut held = held.below::<Class>();
        held.to_task()
            .with(&self.state, |state, mut held| state.resolve(&self.tables, &mut held, at, access, &limits))
    }
}

impl State {
    /// The same, under the lock.
    pub(crate) fn resolve(
        &mut self,
        tables: &UserTables,
        held: &mut Held<'_, Class, Task>,
        at: UserAddress,
        access: Access,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        if !at.is_user() {
            return Err(Refusal::Unmapped);
        }
        let at = at.page();
        let place = self.areas().place(at.get());
        if self.areas().at_place(place).ok_or(Refusal::Unmapped)?.start > at.get() {
            self.grow_stack(place, at.get(), limits)?;
        }
        let area = self.areas_mut().at_place_mut(place).ok_or(Refusal::Unmapped)?;
        if !allows(area.protection, access) {
            return Err(Refusal::Denied);
        }
        match tables.get(held, at) {
            Some(mapped) if allows(mapped.protection, access) => Ok(()),
            Some(mapped) => upgrade(area, tables, held, at, mapped, access),
            None => fill(area, tables, held, at, access),
        }
    }

    /// Has the area at a place, which begins above an address, begin there, if it is a stack that may.
    fn grow_stack(&mut self, place: usize, start: u64, limits: &Limits) -> Result<(), Refusal> {
        let area = self.areas().at_place(place).filter(|area| area.grows_down).ok_or(Refusal::Unmapped)?;
        let below = place.checked_sub(1).and_then(|place| self.areas().at_place(place));
        let is_close = below.is_some_and(|below| {
            !below.grows_down && !below.protection.is_empty() && start - below.end < GUARD
        });
        if is_close
            || start < LOWEST
            || area.end - start > limits.stack
            || !self.may_have(area.start - start, false, limits)
        {
            return Err(Refusal::Unmapped);
        }
        self.areas_mut().grow_down(place, start);
        Ok(())
    }
}

/// What a page is mapped with that others have too: nobody writes to it without a fault.
pub(crate) fn guarded(protection: Protection) -> Protection {
    if protection == Protection::WRITE { Protection::READ } else { protection.difference(Protection::WRITE) }
}

/// Maps a page where nothing was a moment ago.
fn map(tables: &UserTables, at: UserAddress, page: Page, protection: Protection) -> Result<(), Refusal> {
    match tables.map(at, page, protection) {
        Ok(()) | Err(MapError::Taken) => Ok(()),
        Err(MapError::NoMemory) => Err(Refusal::NoMemory),
    }
}

/// A page that is there becomes usable in one more way.
fn upgrade(
    area: &mut Area<Reference>,
    tables: &UserTables,
    held: &mut Held<'_, Class, Task>,
    at: UserAddress,
    mapped: Mapped,
    access: Access,
) -> Result<(), Refusal> {
    let range = at..UserAddress::new(at.get() + PAGE);
    if access != Access::Write {
        tables.protect(held, range, guarded(area.protection));
        return Ok(());
    }
    if area.is_shared {
        let backing = area.backing.as_ref().ok_or(Refusal::NoPage)?;
        let page = backing.0.page(held, area.index(at.get()), true)?;
        if page == mapped.page {
            tables.protect(held, range, area.protection);
            return Ok(());
        }
        return tables.replace(held, at, page, area.protection).map_err(|_| Refusal::NoMemory);
    }
    let page = mapped.page;
    area.has_copies = true;
    if tables.own(held, at, &page, area.protection) {
        return Ok(());
    }
    let copy = page.copied().map_err(|_| Refusal::NoMemory)?;
    drop(page);
    tables.replace(held, at, copy, area.protection).map_err(|_| Refusal::NoMemory)
}

/// A page is mapped where none is.
fn fill(
    area: &mut Area<Reference>,
    tables: &UserTables,
    held: &mut Held<'_, Class, Task>,
    at: UserAddress,
    access: Access,
) -> Result<(), Refusal> {
    let Some(backing) = &area.backing else {
        let page = Page::zeroed().map_err(|_| Refusal::NoMemory)?;
        return map(tables, at, page, area.protection);
    };
    let is_written = access == Access::Write;
    let page = backing.0.page(held, area.index(at.get()), is_written && area.is_shared)?;
    if !is_written {
        map(tables, at, page, guarded(area.protection))?;
        map_around(area, backing, tables, held, at.get());
        return Ok(());
    }
    if area.is_shared {
        return map(tables, at, page, area.protection);
    }
    let copy = page.copied().map_err(|_| Refusal::NoMemory)?;
    drop(page);
    area.has_copies = true;
    map(tables, at, copy, area.protection)
}

/// Maps what a file has at hand around a page.
fn map_around(
    area: &Area<Reference>,
    backing: &Reference,
    tables: &UserTables,
    held: &mut Held<'_, Class, Task>,
    at: u64,
) {
    let window = window(area.range(), at);
    let protection = guarded(area.protection);
    let first = area.index(window.start);
    let pages = first..first.saturating_add((window.end - window.start) / PAGE);
    backing.0.cached(held, pages.clone(), &mut |index, page| {
        if pages.contains(&index) {
            let at = UserAddress::new(window.start + (index - first) * PAGE);
            // Where something is, that stays; where there is no memory for a table, it was not needed.
            let _ = tables.map(at, page, protection);
        }
    });
}

/// What is mapped together with the page at an address of an area.
fn window(area: Range<u64>, at: u64) -> Range<u64> {
    let start = at - at % (AROUND * PAGE);
    start.max(area.start)..(start + AROUND * PAGE).min(area.end)
}

#[cfg(test)]
mod tests {
    use base::mm::user_tables::Protection;
    use base::user::Access;

    use super::{AROUND, PAGE, allows, guarded, window};

    #[test]
    fn a_window_lies_in_its_area_and_has_its_page() {
        let size = AROUND * PAGE;
        assert_eq!(window(0..8 * size, 3 * size + PAGE), 3 * size..4 * size);
        let area = 3 * size + PAGE..3 * size + 3 * PAGE;
        assert_eq!(window(area.clone(), area.start), area);
    }

    #[test]
    fn what_may_be_written_or_executed_may_be_read() {
        for protection in [Protection::WRITE, Protection::EXECUTE, Protection::READ] {
            assert!(allows(protection, Access::Read));
            assert!(allows(guarded(protection), Access::Read));
            assert!(!allows(guarded(protection), Access::Write));
        }
        assert!(!allows(Protection::empty(), Access::Read));
    }
}
