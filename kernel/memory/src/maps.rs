//! What is shown of a space: its areas in a list, its sizes, and which word of shared memory an address is.

use alloc::vec::Vec;

use abi::{Errno, Result};
use base::mm::user_tables::Protection;
use base::user::AddressSpace as Class;
use lockorder::{Before, Held, MaySleep};

use crate::area::{Area, PAGE};
use crate::backing::{Description, Reference};
use crate::space::{AddressSpace, State};

/// One line of `/proc/PID/maps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
    /// What may be done with it.
    pub protection: Protection,
    /// Whether others see what is written to it.
    pub is_shared: bool,
    /// The byte of its file that comes first.
    pub offset: u64,
    /// What it is.
    pub description: Description,
}

/// How many pages a space has, of which kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// All.
    pub total: u64,
    /// Those in memory.
    pub resident: u64,
    /// Those of shared areas.
    pub shared: u64,
    /// What the process writes for itself.
    pub data: u64,
    /// The stack.
    pub stack: u64,
    /// Those that are executed.
    pub code: u64,
}

impl AddressSpace {
    /// Its areas, as they are shown.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn maps<H: Before<Class>>(&self, held: &mut Held<'_, H, impl MaySleep>) -> Result<Vec<Entry>> {
        let mut held = held.below::<Class>();
        held.to_task().with(&self.state, |state, mut held| {
            let mut entries = Vec::new();
            entries.try_reserve_exact(state.areas().count()).map_err(|_| Errno::ENOMEM)?;
            for area in state.areas().iter() {
                let description = match &area.backing {
                    Some(backing) => backing.0.describe(&mut held)?,
                    None => Description::named(state.anonymous_name(area, self.layout.stack_top))?,
                };
                entries.push(Entry {
                    start: area.start,
                    end: area.end,
                    protection: area.protection,
                    is_shared: area.is_shared,
                    offset: area.first.saturating_mul(PAGE),
                    description,
                });
            }
            Ok(entries)
        })
    }

    /// Its sizes.
    pub fn sizes<H: Before<Class>>(&self, held: &mut Held<'_, H, impl MaySleep>) -> Sizes {
        let mut held = held.below::<Class>();
        held.to_task().with(&self.state, |state, _| {
            let mut sizes = Sizes { resident: self.resident_pages(), ..Sizes::default() };
            for area in state.areas().iter() {
                let count = |counted: bool| if counted { area.pages() } else { 0 };
                sizes.total += area.pages();
                sizes.shared += count(area.is_shared);
                sizes.data += count(area.is_data());
                sizes.stack += count(area.grows_down);
                sizes.code += count(area.protection.contains(Protection::EXECUTE));
            }
            sizes
        })
    }

    /// Which byte of which shared memory an address is: the memory's number, and the byte's; none for one that is this space's alone.
    ///
    /// # Errors
    ///
    /// `EFAULT` where nothing is mapped.
    pub fn shared_place<H: Before<Class>>(
        &self,
        held: &mut Held<'_, H, impl MaySleep>,
        at: u64,
    ) -> Result<Option<(u64, u64)>> {
        let mut held = held.below::<Class>();
        held.to_task().with(&self.state, |state, _| {
            let area = state.areas().find(at).ok_or(Errno::EFAULT)?;
            let backing = area.backing.as_ref().filter(|_| area.is_shared);
            Ok(backing.map(|backing| {
                (backing.0.identity(), area.index(at).saturating_mul(PAGE).saturating_add(at % PAGE))
            }))
        })
    }
}

impl State {
    /// The name that is shown of an area that comes from nowhere.
    fn anonymous_name(&self, area: &Area<Reference>, stack_top: u64) -> &'static str {
        let has_heap = self.heap_start < self.heap_end;
        if has_heap && area.start < self.heap_end && area.end > self.heap_start {
            "[heap]"
        } else if area.grows_down && area.end == stack_top {
            "[stack]"
        } else {
            ""
        }
    }
}
