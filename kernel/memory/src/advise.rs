//! `madvise`: what a process says of its memory. Most of it is heard and changes nothing.

use abi::general::{
    MADV_COLD, MADV_DODUMP, MADV_DOFORK, MADV_DONTDUMP, MADV_DONTFORK, MADV_DONTNEED, MADV_DONTNEED_LOCKED,
    MADV_FREE, MADV_HUGEPAGE, MADV_KEEPONFORK, MADV_MERGEABLE, MADV_NOHUGEPAGE, MADV_NORMAL, MADV_PAGEOUT,
    MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_RANDOM, MADV_SEQUENTIAL, MADV_UNMERGEABLE, MADV_WILLNEED,
    MADV_WIPEONFORK,
};
use abi::{Errno, Result};
use base::user::{Access, AddressSpace as Class, UserAddress};
use core::ops::Range;
use lockorder::{Held, Root, Task};

use crate::area::{Inheritance, PAGE};
use crate::fault::Refusal;
use crate::map::whole_pages;
use crate::space::{AddressSpace, State};
use crate::unmap::addresses;

impl AddressSpace {
    /// Takes advice about a range. What is not mapped of it is passed over, and then said.
    ///
    /// # Errors
    ///
    /// As Linux's `madvise`: `EINVAL`, `ENOMEM` where something is not mapped.
    pub fn advise(&self, held: &mut Root<'_, Task>, at: u64, length: u64, advice: u32) -> Result<()> {
        if !is_known(advice) || !at.is_multiple_of(PAGE) {
            return Err(Errno::EINVAL);
        }
        let length = whole_pages(length).ok_or(Errno::EINVAL)?;
        let range = at..at.checked_add(length).ok_or(Errno::EINVAL)?;
        if range.is_empty() {
            return Ok(());
        }
        match advice {
            MADV_POPULATE_READ => self.touch(held, range, Access::Read),
            MADV_POPULATE_WRITE => self.touch(held, range, Access::Write),
            _ => self.change(held, |state, held| state.advise(self, held, &range, advice)),
        }
    }

    /// Uses each page of a range.
    fn touch(&self, held: &mut Root<'_, Task>, range: Range<u64>, access: Access) -> Result<()> {
        let mut page = range.start;
        while page < range.end {
            self.resolve(held, UserAddress::new(page), access).map_err(Refusal::errno)?;
            page += PAGE;
        }
        Ok(())
    }
}

/// Whether this is advice that is taken.
const fn is_known(advice: u32) -> bool {
    matches!(
        advice,
        MADV_NORMAL
            | MADV_RANDOM
            | MADV_SEQUENTIAL
            | MADV_WILLNEED
            | MADV_DONTNEED
            | MADV_FREE
            | MADV_DONTFORK
            | MADV_DOFORK
            | MADV_MERGEABLE
            | MADV_UNMERGEABLE
            | MADV_HUGEPAGE
            | MADV_NOHUGEPAGE
            | MADV_DONTDUMP
            | MADV_DODUMP
            | MADV_WIPEONFORK
            | MADV_KEEPONFORK
            | MADV_COLD
            | MADV_PAGEOUT
            | MADV_POPULATE_READ
            | MADV_POPULATE_WRITE
            | MADV_DONTNEED_LOCKED
    )
}

impl State {
    /// Takes advice under the lock.
    fn advise(
        &mut self,
        space: &AddressSpace,
        held: &mut Held<'_, Class, Task>,
        range: &Range<u64>,
        advice: u32,
    ) -> Result<()> {
        let is_private = |state: &Self| {
            state.areas().overlapping(range.clone()).all(|area| area.backing.is_none() && !area.is_shared)
        };
        let inheritance = match advice {
            MADV_DONTFORK => Some(Inheritance::None),
            MADV_DOFORK | MADV_KEEPONFORK => Some(Inheritance::Whole),
            MADV_WIPEONFORK => Some(Inheritance::Wiped),
            _ => None,
        };
        if matches!(advice, MADV_FREE | MADV_WIPEONFORK) && !is_private(self) {
            return Err(Errno::EINVAL);
        }
        if let Some(inheritance) = inheritance {
            self.areas_mut().change(range, |area| area.inheritance = inheritance)?;
        }
        // Pages that may go at any time go now.
        if matches!(advice, MADV_DONTNEED | MADV_DONTNEED_LOCKED | MADV_FREE) {
            space.tables.unmap(held, addresses(range));
        }
        if self.areas().is_covered(range) { Ok(()) } else { Err(Errno::ENOMEM) }
    }
}
