//! `msync` and `mincore`: what was changed goes to its file; what is in memory.

use alloc::vec::Vec;
use core::ops::Range;

use abi::general::{MS_ASYNC, MS_INVALIDATE, MS_SYNC};
use abi::{Errno, Result};
use base::mm::page::PAGE_SIZE;
use base::user::UserAddress;
use lockorder::{Root, Task};

use crate::area::PAGE;
use crate::backing::Reference;
use crate::map::whole_pages;
use crate::space::{AddressSpace, State};

/// Some pages of a file.
type Part = (Reference, Range<u64>);

impl AddressSpace {
    /// Writes what was changed in a range to the files that are mapped there, and with `MS_SYNC` waits for that.
    ///
    /// # Errors
    ///
    /// As Linux's `msync`: `EINVAL`, `ENOMEM` where something is not mapped, what writing gives.
    pub fn sync(&self, held: &mut Root<'_, Task>, at: u64, length: u64, flags: u32) -> Result<()> {
        if flags & !(MS_ASYNC | MS_INVALIDATE | MS_SYNC) != 0
            || !at.is_multiple_of(PAGE)
            || flags & MS_ASYNC != 0 && flags & MS_SYNC != 0
        {
            return Err(Errno::EINVAL);
        }
        let end = whole_pages(length).and_then(|length| at.checked_add(length)).ok_or(Errno::ENOMEM)?;
        let range = at..end;
        let is_waited_for = flags & MS_SYNC != 0;
        let mut parts = Vec::new();
        let mut result = self.change(held, |state, _| {
            if is_waited_for {
                state.file_parts(&range, &mut parts)?;
            }
            if state.areas().is_covered(&range) { Ok(()) } else { Err(Errno::ENOMEM) }
        });
        for (reference, pages) in parts {
            if matches!(result, Ok(()) | Err(Errno::ENOMEM)) {
                result = reference.0.sync(held, pages).and(result);
            }
            reference.close(held);
        }
        result
    }

    /// Says of each page from an address on whether it is in memory: a 1 or a 0 for each, as many as there is room for.
    ///
    /// # Errors
    ///
    /// `EINVAL`, or `ENOMEM` where something is not mapped.
    pub fn resident(&self, held: &mut Root<'_, Task>, at: u64, pages: &mut [u8]) -> Result<()> {
        if !at.is_multiple_of(PAGE) {
            return Err(Errno::EINVAL);
        }
        let length = (pages.len() as u64).checked_mul(PAGE).ok_or(Errno::ENOMEM)?;
        let range = at..at.checked_add(length).ok_or(Errno::ENOMEM)?;
        self.change(held, |state, held| {
            if !state.areas().is_covered(&range) {
                return Err(Errno::ENOMEM);
            }
            for (page, place) in range.clone().step_by(PAGE_SIZE).zip(pages) {
                *place = u8::from(self.tables.get(held, UserAddress::new(page)).is_some());
            }
            Ok(())
        })
    }
}

impl State {
    /// The parts of files that are mapped in a range and shared, each with a reference.
    fn file_parts(&self, range: &Range<u64>, parts: &mut Vec<Part>) -> Result<()> {
        for area in self.areas().overlapping(range.clone()).filter(|area| area.is_shared) {
            let Some(backing) = &area.backing else { continue };
            let part = area.start.max(range.start)..area.end.min(range.end);
            parts.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
            parts.push((backing.clone(), area.index(part.start)..area.index(part.end)));
        }
        Ok(())
    }
}
