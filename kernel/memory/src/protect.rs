//! `mprotect`.

use core::ops::Range;

use abi::general::{PROT_EXEC, PROT_GROWSDOWN, PROT_GROWSUP, PROT_READ, PROT_SEM, PROT_WRITE};
use abi::{Errno, Result};
use base::mm::user_tables::Protection;
use lockorder::{Root, Task};

use crate::area::PAGE;
use crate::fault::guarded;
use crate::limits::Limits;
use crate::map::{protection, whole_pages};
use crate::space::{AddressSpace, State};
use crate::unmap::addresses;

impl AddressSpace {
    /// Changes what may be done with a range, up to the first page of it with which that may not be.
    ///
    /// # Errors
    ///
    /// As Linux's `mprotect`: `EINVAL`, `ENOMEM` where something is not mapped, `EACCES` where a file does not allow it.
    pub fn protect(&self, held: &mut Root<'_, Task>, at: u64, length: u64, bits: u32) -> Result<()> {
        let grows = bits & (PROT_GROWSDOWN | PROT_GROWSUP);
        if grows == PROT_GROWSDOWN | PROT_GROWSUP || !at.is_multiple_of(PAGE) {
            return Err(Errno::EINVAL);
        }
        if length == 0 {
            return Ok(());
        }
        let end = whole_pages(length).and_then(|length| at.checked_add(length)).ok_or(Errno::ENOMEM)?;
        if bits & !grows & !(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM) != 0 {
            return Err(Errno::EINVAL);
        }
        let limits = self.limits();
        self.change(held, |state, held| {
            let start = state.protected_start(&(at..end), grows)?;
            let (changed, result) = state.protectable(start..end, protection(bits), &limits);
            let other = |area: &crate::area::Area<_>| area.protection != protection(bits);
            if !changed.is_empty() && state.areas().overlapping(changed.clone()).any(other) {
                state.areas_mut().change(&changed, |area| area.protection = protection(bits))?;
                self.tables.protect(held, addresses(&changed), guarded(protection(bits)));
            }
            result
        })
    }
}

impl State {
    /// Where a change of a range begins.
    fn protected_start(&self, range: &Range<u64>, grows: u32) -> Result<u64> {
        let area = self.areas().at_place(self.areas().place(range.start)).ok_or(Errno::ENOMEM)?;
        match grows {
            PROT_GROWSDOWN if area.start >= range.end => Err(Errno::ENOMEM),
            PROT_GROWSDOWN if area.grows_down => Ok(area.start),
            0 if area.start > range.start => Err(Errno::ENOMEM),
            0 => Ok(range.start),
            _ => Err(Errno::EINVAL),
        }
    }

    /// How much of a range may be protected in some way, and what is said when that is not all.
    fn protectable(
        &self,
        range: Range<u64>,
        protection: Protection,
        limits: &Limits,
    ) -> (Range<u64>, Result<()>) {
        let (mut reached, mut data) = (range.start, 0);
        for area in self.areas().overlapping(range.clone()) {
            let part = area.range().start.max(range.start)..area.end.min(range.end);
            if part.start > reached {
                return (range.start..reached, Err(Errno::ENOMEM));
            }
            if !area.allowed.contains(protection) {
                return (range.start..reached, Err(Errno::EACCES));
            }
            if !area.is_data() && !area.is_shared && protection.contains(Protection::WRITE) {
                data += part.end - part.start;
                if !self.may_have_data(data, limits) {
                    return (range.start..reached, Err(Errno::ENOMEM));
                }
            }
            reached = part.end;
        }
        let result = if reached >= range.end { Ok(()) } else { Err(Errno::ENOMEM) };
        (range.start..reached.min(range.end), result)
    }
}
