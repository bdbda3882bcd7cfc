//! What is attached by one call and detached by another, which names its address only: segments of System V.

use lockorder::{Root, Task};

use crate::area::{Area, PAGE};
use crate::map::whole_pages;
use crate::space::AddressSpace;
use crate::unmap::addresses;

impl AddressSpace {
    /// The identity of the shared backing whose first page is mapped at an address, if there is one.
    pub fn attached_at(&self, held: &mut Root<'_, Task>, at: u64) -> Option<u64> {
        held.with(&self.state, |state, _| {
            let area = state.areas().iter().find(|area| area.start == at)?;
            let backing = area.backing.as_ref().filter(|_| area.is_shared && area.first == 0)?;
            Some(backing.0.identity())
        })
    }

    /// Takes away what is mapped of a backing, from its first page at an address on, up to so many bytes; what else lies there stays.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory for a list.
    pub fn detach(&self, held: &mut Root<'_, Task>, at: u64, identity: u64, length: u64) -> abi::Result<()> {
        let end = whole_pages(length).and_then(|length| at.checked_add(length)).unwrap_or(u64::MAX);
        self.change(held, |state, held| {
            let mut from = at;
            loop {
                let next = state.areas().iter().find(|area| {
                    let is_of = area.backing.as_ref().is_some_and(|own| own.0.identity() == identity);
                    is_of && area.start >= from && area.end <= end && area.first == (area.start - at) / PAGE
                });
                let Some(range) = next.map(Area::range) else { return Ok(()) };
                from = range.end;
                state.areas_mut().remove(&range)?;
                self.tables.unmap(held, addresses(&range));
            }
        })
    }
}
