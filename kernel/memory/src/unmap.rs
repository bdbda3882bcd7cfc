//! `munmap`, and what a file that becomes shorter takes away.

use core::ops::Range;

use abi::{Errno, Result};
use base::mm::user_tables::UserTables;
use base::user::{AddressSpace as Class, USER_END, UserAddress};
use lockorder::{Held, Root, Task};

use crate::area::PAGE;
use crate::map::whole_pages;
use crate::mappers::Mapper;
use crate::space::{AddressSpace, State};

/// Addresses as the tables have them.
pub(crate) const fn addresses(range: &Range<u64>) -> Range<UserAddress> {
    UserAddress::new(range.start)..UserAddress::new(range.end)
}

/// A range of whole pages that lies in user memory, from an address that begins one.
pub(crate) fn user_range(at: u64, length: u64) -> Result<Range<u64>> {
    let length = whole_pages(length).filter(|&length| length > 0).ok_or(Errno::EINVAL)?;
    let end = at.checked_add(length).filter(|&end| end <= USER_END).ok_or(Errno::EINVAL)?;
    if at.is_multiple_of(PAGE) { Ok(at..end) } else { Err(Errno::EINVAL) }
}

impl AddressSpace {
    /// Takes away what is mapped in a range.
    ///
    /// # Errors
    ///
    /// As Linux's `munmap`: `EINVAL`, and `ENOMEM` where an area would become two too many.
    pub fn unmap(&self, held: &mut Root<'_, Task>, at: u64, length: u64) -> Result<()> {
        let range = user_range(at, length)?;
        self.change(held, |state, held| state.unmap(&self.tables, held, &range))
    }

    /// Takes away everything.
    pub fn clear(&self, held: &mut Root<'_, Task>) {
        // Nothing is cut, so that this does not fail but where there is no memory for a list; then the end of the space does it.
        let _ = self.change(held, |state, held| state.unmap(&self.tables, held, &(0..USER_END)));
    }
}

impl Mapper for AddressSpace {
    fn number(&self) -> u64 {
        self.number()
    }

    fn forget_pages(&self, held: &mut Root<'_, Task>, identity: u64, first: u64) {
        self.change(held, |state, held| {
            for area in state.areas().iter() {
                let end = area.index(area.end);
                if area.backing.as_ref().is_some_and(|backing| backing.0.identity() == identity)
                    && end > first
                {
                    let start = area.start + first.saturating_sub(area.first) * PAGE;
                    self.tables.unmap(held, addresses(&(start..area.end)));
                }
            }
        });
    }
}

impl State {
    /// Takes away what is mapped in a range.
    pub(crate) fn unmap(
        &mut self,
        tables: &UserTables,
        held: &mut Held<'_, Class, Task>,
        range: &Range<u64>,
    ) -> Result<()> {
        self.areas_mut().remove(range)?;
        tables.unmap(held, addresses(range));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use abi::Errno;
    use base::user::USER_END;

    use super::user_range;

    #[test]
    fn ranges_lie_in_user_memory() {
        assert_eq!(user_range(0x1000, 1), Ok(0x1000..0x2000));
        for (at, length) in
            [(0x1001, 1), (0x1000, 0), (USER_END, 1), (u64::MAX - 0xfff, 0x1000), (0, u64::MAX)]
        {
            assert_eq!(user_range(at, length), Err(Errno::EINVAL));
        }
    }
}
