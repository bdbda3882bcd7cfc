//! `mincore` and `mlock`: which pages are there, and that they stay.

use base::mm::page::PAGE_SIZE;
use base::user::{USER_END, UserAddress};
use lockorder::{Root, Task};

use abi::{Errno, Result};

use crate::area::PAGE;
use crate::map::whole_pages;
use crate::space::AddressSpace;

/// Whole pages from an address on.
fn pages(at: u64, length: u64) -> Result<core::ops::Range<u64>> {
    if !at.is_multiple_of(PAGE) {
        return Err(Errno::EINVAL);
    }
    let length = whole_pages(length).ok_or(Errno::ENOMEM)?;
    let end = at.checked_add(length).filter(|&end| end <= USER_END).ok_or(Errno::ENOMEM)?;
    Ok(at..end)
}

impl AddressSpace {
    /// Says for each page of a range whether it is in memory for this space, one byte each.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a range that does not begin with a page; `ENOMEM` where something is not mapped.
    pub fn residence(
        &self,
        held: &mut Root<'_, Task>,
        at: u64,
        length: u64,
        mut each: impl FnMut(&mut Root<'_, Task>, u64, bool) -> Result<()>,
    ) -> Result<()> {
        let range = pages(at, length)?;
        if !held.with(&self.state, |state, _| state.areas().is_covered(&range)) {
            return Err(Errno::ENOMEM);
        }
        // One page after the other: what is copied out may fault, and a fault acquires the space's lock.
        for (place, page) in range.step_by(PAGE_SIZE).enumerate() {
            let is_there = held.with(&self.state, |_, mut held| {
                self.tables.get(&mut held, UserAddress::new(page)).is_some()
            });
            each(held, place as u64, is_there)?;
        }
        Ok(())
    }

    /// Fills a range with pages, which stay: nothing is ever written out.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where something is not mapped, or there is no memory for it.
    pub fn lock(
        self: &alloc::sync::Arc<Self>,
        held: &mut Root<'_, Task>,
        at: u64,
        length: u64,
    ) -> Result<()> {
        let start = at & !(PAGE - 1);
        let range = pages(start, length.saturating_add(at - start))?;
        if !held.with(&self.state, |state, _| state.areas().is_covered(&range)) {
            return Err(Errno::ENOMEM);
        }
        self.populate(held, range.start, range.end - range.start)
    }

    /// Whether all of a range is mapped.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where something is not.
    pub fn unlock(&self, held: &mut Root<'_, Task>, at: u64, length: u64) -> Result<()> {
        let start = at & !(PAGE - 1);
        let range = pages(start, length.saturating_add(at - start))?;
        let is_covered = held.with(&self.state, |state, _| state.areas().is_covered(&range));
        if is_covered { Ok(()) } else { Err(Errno::ENOMEM) }
    }
}
