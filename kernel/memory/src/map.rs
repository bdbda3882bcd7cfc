//! `mmap`: an area comes into being.

use alloc::sync::Arc;
use core::fmt;
use core::ops::Range;

use abi::general::{
    MAP_32BIT, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN, MAP_HUGETLB, MAP_LOCKED,
    MAP_NONBLOCK, MAP_NORESERVE, MAP_POPULATE, MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_TYPE,
};
use abi::{Errno, Result};
use base::mm::user_tables::{Protection, UserTables};
use base::user::{Access, AddressSpace as Class, USER_END, UserAddress};
use lockorder::{Held, Root, Task};

use crate::area::{Area, PAGE};
use crate::backing::{Backing, Reference};
use crate::fault::Refusal;
use crate::layout::{LOWEST, Layout};
use crate::limits::Limits;
use crate::shared::SharedMemory;
use crate::space::{AddressSpace, State, is_conceivable};

/// How large a stack is at first.
const FIRST_STACK: u64 = 132 << 10;

/// What is asked for, as the system call has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// Where: a wish, or with `MAP_FIXED` more than that.
    pub at: u64,
    /// How many bytes.
    pub length: u64,
    /// `PROT_` bits.
    pub protection: u32,
    /// `MAP_` bits.
    pub flags: u32,
}

/// The file whose pages are mapped.
pub struct File {
    /// Its pages; one reference, which is closed whatever becomes of the request.
    pub backing: Arc<dyn Backing>,
    /// The byte of it that comes first.
    pub offset: u64,
    /// What it was opened for, and executing where its mount has that.
    pub allowed: Protection,
}

impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("File")
            .field("backing", &self.backing.identity())
            .field("offset", &self.offset)
            .field("allowed", &self.allowed)
            .finish()
    }
}

/// A number of bytes as whole pages; none where that is no number.
pub(crate) const fn whole_pages(length: u64) -> Option<u64> {
    match length.checked_add(PAGE - 1) {
        Some(length) => Some(length & !(PAGE - 1)),
        None => None,
    }
}

/// The protection that `PROT_` bits say; others are not looked at.
#[allow(clippy::cast_possible_truncation, reason = "the bits that are looked at are the lowest")]
pub(crate) const fn protection(bits: u32) -> Protection {
    Protection::from_bits_truncate(bits as u8)
}

impl Request {
    /// Whether it has one of these flags.
    const fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }

    /// Whether its place is not up to the space.
    const fn is_fixed(&self) -> bool {
        self.has(MAP_FIXED | MAP_FIXED_NOREPLACE)
    }

    /// The length, whole pages.
    fn pages(&self) -> Result<u64> {
        if self.length == 0 {
            return Err(Errno::EINVAL);
        }
        let length = whole_pages(self.length).ok_or(Errno::ENOMEM)?;
        if length > USER_END { Err(Errno::ENOMEM) } else { Ok(length) }
    }

    /// Checks an address that is not up to the space.
    fn fixed(&self, length: u64) -> Result<Range<u64>> {
        if self.at > USER_END - length {
            Err(Errno::ENOMEM)
        } else if !self.at.is_multiple_of(PAGE) {
            Err(Errno::EINVAL)
        } else if self.at < LOWEST {
            Err(Errno::EPERM)
        } else {
            Ok(self.at..self.at + length)
        }
    }

    /// Whether others see what is written, and what the area may be changed to.
    fn sharing(&self, file: Option<&File>) -> Result<(bool, Protection)> {
        let wanted = protection(self.protection);
        let grows = self.has(MAP_GROWSDOWN);
        let Some(file) = file else {
            return match self.flags & MAP_TYPE {
                MAP_SHARED if grows => Err(Errno::EINVAL),
                MAP_SHARED => Ok((true, Protection::all())),
                MAP_PRIVATE => Ok((false, Protection::all())),
                _ => Err(Errno::EINVAL),
            };
        };
        let is_shared = match self.flags & MAP_TYPE {
            MAP_SHARED | MAP_SHARED_VALIDATE => true,
            MAP_PRIVATE => false,
            _ => return Err(Errno::EINVAL),
        };
        if is_shared && wanted.contains(Protection::WRITE) && !file.allowed.contains(Protection::WRITE)
            || !file.allowed.contains(Protection::READ)
        {
            return Err(Errno::EACCES);
        }
        if wanted.contains(Protection::EXECUTE) && !file.allowed.contains(Protection::EXECUTE) {
            return Err(Errno::EPERM);
        }
        if grows {
            return Err(Errno::EINVAL);
        }
        // A private area is written to in copies.
        Ok((is_shared, if is_shared { file.allowed } else { file.allowed | Protection::WRITE }))
    }

    /// What can be said without the lock: the length, whether it is shared, and what it may be changed to.
    fn check(&self, file: Option<&File>) -> Result<(u64, bool, Protection)> {
        if file.is_none() && !self.has(MAP_ANONYMOUS) {
            return Err(Errno::EBADF);
        }
        if file.is_some_and(|file| !file.offset.is_multiple_of(PAGE)) {
            return Err(Errno::EINVAL);
        }
        let length = self.pages()?;
        if let Some(file) = file {
            let end = file.offset.checked_add(length).ok_or(Errno::EOVERFLOW)?;
            i64::try_from(end).map_err(|_| Errno::EOVERFLOW)?;
        }
        if self.is_fixed() {
            self.fixed(length)?;
        }
        let (is_shared, allowed) = self.sharing(file)?;
        if self.has(MAP_HUGETLB) {
            return Err(Errno::ENOMEM);
        }
        Ok((length, is_shared, allowed))
    }
}

impl AddressSpace {
    /// Maps a file's pages, or zeros; gives where.
    ///
    /// # Errors
    ///
    /// As Linux's `mmap`: `EINVAL`, `ENOMEM`, `EPERM` below the lowest address, `EEXIST`, `EACCES`, `EOVERFLOW`.
    pub fn map(
        self: &Arc<Self>,
        held: &mut Root<'_, Task>,
        request: &Request,
        file: Option<File>,
    ) -> Result<u64> {
        let checked = request.check(file.as_ref());
        let first = file.as_ref().map_or(0, |file| file.offset / PAGE);
        let mut reference = file.map(|file| Reference(file.backing));
        let mapped = checked.and_then(|(length, is_shared, allowed)| {
            if is_shared && reference.is_none() {
                reference = Some(Reference(SharedMemory::new(length / PAGE)?));
            }
            if let Some(mappers) = reference.as_ref().and_then(|reference| reference.0.mappers()) {
                mappers.add(held, self)?;
            }
            let mut area = Area::anonymous(0..length, protection(request.protection));
            area.is_shared = is_shared;
            area.allowed = allowed;
            area.grows_down = request.has(MAP_GROWSDOWN);
            area.first = first;
            let is_own = area.is_data() || is_shared && request.has(MAP_ANONYMOUS);
            if is_own && !request.has(MAP_NORESERVE) && !is_conceivable(length) {
                return Err(Errno::ENOMEM);
            }
            let limits = self.limits();
            self.change(held, |state, held| {
                state.map(&self.tables, held, &self.layout, &limits, request, area, &mut reference)
            })
        });
        if let Some(reference) = reference {
            reference.close(held);
        }
        let at = mapped?;
        if request.has(MAP_POPULATE | MAP_LOCKED) && !request.has(MAP_NONBLOCK) {
            let _ = self.populate(held, at, request.length);
        }
        Ok(at)
    }

    /// Maps the stack of a program, as large as programs use it at first; it grows. Gives where it begins.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn map_stack(self: &Arc<Self>, held: &mut Root<'_, Task>, protection: Protection) -> Result<u64> {
        let length = (self.limits().stack & !(PAGE - 1)).clamp(PAGE, FIRST_STACK);
        let request = Request {
            at: self.layout.stack_top - length,
            length,
            protection: u32::from(protection.bits()),
            flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN,
        };
        self.map(held, &request, None)
    }

    /// Makes the pages of a range be there, as their areas allow.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where something is not mapped or there is no memory, `EFAULT` where a page cannot be had.
    pub fn populate(&self, held: &mut Root<'_, Task>, at: u64, length: u64) -> Result<()> {
        let end = at.checked_add(length).ok_or(Errno::ENOMEM)?;
        let mut page = at - at % PAGE;
        while page < end {
            let protection =
                self.change(held, |state, _| state.areas().find(page).map(|area| area.protection));
            let access = match protection.ok_or(Errno::ENOMEM)? {
                protection if protection.contains(Protection::WRITE) => Access::Write,
                protection if protection.is_empty() => return Err(Errno::ENOMEM),
                protection if protection.contains(Protection::READ) => Access::Read,
                _ => Access::Execute,
            };
            self.resolve(held, UserAddress::new(page), access).map_err(Refusal::errno)?;
            page += PAGE;
        }
        Ok(())
    }
}

impl State {
    /// Finds a place for `length` bytes: at the wish where that is free, else the highest.
    pub(crate) fn place_for(&self, layout: &Layout, request: &Request, length: u64) -> Result<u64> {
        let wish = request.at - request.at % PAGE;
        let wish = if wish == 0 { 0 } else { wish.max(LOWEST) };
        if wish != 0 && wish <= USER_END - length && self.areas().is_free(&(wish..wish + length)) {
            return Ok(wish);
        }
        if request.has(MAP_32BIT) {
            return self.areas().gap(length, &(0x4000_0000..0x8000_0000)).ok_or(Errno::ENOMEM);
        }
        let below = self.areas().gap(length, &(LOWEST..layout.mapping_end));
        below.or_else(|| self.areas().gap(length, &(LOWEST..USER_END))).ok_or(Errno::ENOMEM)
    }

    /// Puts an area, which begins at 0, to its place, and the reference into it.
    #[allow(clippy::too_many_arguments, reason = "one for each thing that the system call is about")]
    fn map(
        &mut self,
        tables: &UserTables,
        held: &mut Held<'_, Class, Task>,
        layout: &Layout,
        limits: &Limits,
        request: &Request,
        area: Area<Reference>,
        reference: &mut Option<Reference>,
    ) -> Result<u64> {
        let length = area.end;
        let range = if request.is_fixed() {
            request.fixed(length)?
        } else {
            let at = self.place_for(layout, request, length)?;
            at..at + length
        };
        let overlaps = |area: &Area<Reference>| area.end.min(range.end) - area.start.max(range.start);
        let replaced: u64 = self.areas().overlapping(range.clone()).map(overlaps).sum();
        if replaced != 0 && request.has(MAP_FIXED_NOREPLACE) {
            return Err(Errno::EEXIST);
        }
        if !self.may_have(length - replaced, area.is_data(), limits) {
            return Err(Errno::ENOMEM);
        }
        if replaced != 0 {
            self.unmap(tables, held, &range)?;
        }
        self.areas_mut().room()?;
        let mut area = area;
        (area.start, area.end, area.backing) = (range.start, range.end, reference.take());
        self.areas_mut().insert(area);
        Ok(range.start)
    }
}

#[cfg(test)]
mod tests {
    use abi::Errno;
    use abi::general::{MAP_ANONYMOUS, MAP_FIXED, MAP_GROWSDOWN, MAP_PRIVATE, MAP_SHARED};
    use base::mm::user_tables::Protection;
    use base::user::USER_END;

    use super::{PAGE, Request, whole_pages};

    fn request(at: u64, length: u64, flags: u32) -> Request {
        Request { at, length, protection: 3, flags: flags | MAP_ANONYMOUS }
    }

    #[test]
    fn lengths_are_whole_pages() {
        assert_eq!(whole_pages(1), Some(PAGE));
        assert_eq!(whole_pages(u64::MAX), None);
        assert_eq!(request(0, 0, 0).pages(), Err(Errno::EINVAL));
        assert_eq!(request(0, u64::MAX, 0).pages(), Err(Errno::ENOMEM));
        assert_eq!(request(0, USER_END + 1, 0).pages(), Err(Errno::ENOMEM));
    }

    #[test]
    fn fixed_places_are_checked() {
        let fixed = |at| request(at, PAGE, MAP_FIXED).fixed(PAGE);
        assert_eq!(fixed(USER_END), Err(Errno::ENOMEM));
        assert_eq!(fixed(u64::MAX), Err(Errno::ENOMEM));
        assert_eq!(fixed(0x10_0001), Err(Errno::EINVAL));
        assert_eq!(fixed(0), Err(Errno::EPERM));
        assert_eq!(fixed(USER_END - PAGE), Ok(USER_END - PAGE..USER_END));
    }

    #[test]
    fn anonymous_areas_are_private_or_shared() {
        let sharing = |flags| request(0, PAGE, flags).sharing(None);
        assert_eq!(sharing(MAP_PRIVATE), Ok((false, Protection::all())));
        assert_eq!(sharing(MAP_SHARED), Ok((true, Protection::all())));
        assert_eq!(sharing(0), Err(Errno::EINVAL));
        assert_eq!(sharing(3), Err(Errno::EINVAL));
        assert_eq!(sharing(MAP_SHARED | MAP_GROWSDOWN), Err(Errno::EINVAL));
    }
}
