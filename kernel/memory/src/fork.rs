//! `fork`: a child has the areas of its parent, and the pages until one of the two writes.
//!
//! The child is nobody else's while it is made: the parent's lock is held, and the child's is free. A page that can be asked for again is
//! not given to the child: it asks when it touches it, and most that a child is made for is another program.

use alloc::sync::Arc;

use abi::Result;
use lockorder::{Root, Task};

use crate::area::{Area, Inheritance};
use crate::areas::Areas;
use crate::backing::Reference;
use crate::space::{AddressSpace, State, no_memory};
use crate::unmap::addresses;

/// Whether pages of an area cannot be had but from the parent: zeros that were written to, copies of a file's pages.
fn has_own_pages(area: &Area<Reference>) -> bool {
    area.inheritance == Inheritance::Whole && !area.is_shared && (area.backing.is_none() || area.has_copies)
}

impl AddressSpace {
    /// A space with the same contents, for a child.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn fork(&self, held: &mut Root<'_, Task>) -> Result<Arc<Self>> {
        let mut areas = Areas::new();
        let forked = self.change(held, |state, held| {
            state.areas().inherited(&mut areas)?;
            let child = Self::new(self.layout, &self.limits())?;
            for mappers in areas.iter().filter_map(|area| area.backing.as_ref()?.0.mappers()) {
                mappers.add(held, &child)?;
            }
            let copied = areas.iter().filter(|area| has_own_pages(area)).map(|area| addresses(&area.range()));
            self.tables.share_with(held, &child.tables, copied, true).map_err(no_memory)?;
            Ok((child, state.heap_start, state.heap_end))
        });
        let forked = forked.map(|(child, heap_start, heap_end)| {
            child.change(held, |state: &mut State, _| {
                core::mem::swap(state.areas_mut(), &mut areas);
                (state.heap_start, state.heap_end) = (heap_start, heap_end);
            });
            child
        });
        // Where there is no child: what it would have referred to.
        areas.take_references().for_each(|reference| reference.close(held));
        forked
    }
}
