//! The areas of an address space, in the order of their addresses.
//!
//! A sorted vector: it is asked for room before anything changes, so that a process that uses memory up gets an error, and a
//! tree of the standard library has no such question. Areas that could be one are made one. What areas no longer
//! refer to is kept aside ([`Areas::gone`]), until whoever holds the lock around has released it.

use alloc::vec::Vec;
use core::ops::Range;

use abi::{Errno, Result};

pub(crate) use crate::area::{Area, Handle, PAGE};

/// The most areas that a space has, as in Linux.
pub(crate) const MOST: usize = 65_530;

/// Areas that do not overlap.
#[derive(Debug)]
pub(crate) struct Areas<B> {
    list: Vec<Area<B>>,
    /// How many pages they have.
    pages: u64,
    /// References that areas had.
    pub(crate) gone: Vec<B>,
}

impl<B: Handle> Areas<B> {
    /// None.
    pub(crate) const fn new() -> Self {
        Self { list: Vec::new(), pages: 0, gone: Vec::new() }
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> core::slice::Iter<'_, Area<B>> {
        self.list.iter()
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.list.len()
    }

    /// How many pages they have.
    pub(crate) const fn pages(&self) -> u64 {
        self.pages
    }

    /// How many pages of data they have.
    pub(crate) fn data_pages(&self) -> u64 {
        self.list.iter().filter(|area| area.is_data()).map(Area::pages).sum()
    }

    /// The place of the first area that ends after an address.
    pub(crate) fn place(&self, at: u64) -> usize {
        self.list.partition_point(|area| area.end <= at)
    }

    /// The area at a place.
    pub(crate) fn at_place(&self, place: usize) -> Option<&Area<B>> {
        self.list.get(place)
    }

    /// The same, to be changed in what does not move it.
    pub(crate) fn at_place_mut(&mut self, place: usize) -> Option<&mut Area<B>> {
        self.list.get_mut(place)
    }

    /// The area that has an address.
    pub(crate) fn find(&self, at: u64) -> Option<&Area<B>> {
        self.list.get(self.place(at)).filter(|area| area.start <= at)
    }

    /// Those that have a part of a range.
    pub(crate) fn overlapping(&self, range: Range<u64>) -> impl Iterator<Item = &Area<B>> {
        self.list.iter().skip(self.place(range.start)).take_while(move |area| area.start < range.end)
    }

    /// Whether nothing of a range is taken, nor kept free below what grows down.
    pub(crate) fn is_free(&self, range: &Range<u64>) -> bool {
        self.list.get(self.place(range.start)).is_none_or(|area| area.bottom().max(range.start) >= range.end)
    }

    /// Whether a range is taken without a hole.
    pub(crate) fn is_covered(&self, range: &Range<u64>) -> bool {
        let mut reached = range.start;
        for area in self.overlapping(range.clone()) {
            if area.start > reached {
                return false;
            }
            reached = area.end;
        }
        reached >= range.end
    }

    /// The highest place for `length` bytes that lies in `limits` and is free.
    pub(crate) fn gap(&self, length: u64, limits: &Range<u64>) -> Option<u64> {
        let above = self.list.partition_point(|area| area.start < limits.end);
        let mut ceiling = limits.end;
        if let Some(next) = self.list.get(above) {
            ceiling = ceiling.min(next.bottom());
        }
        for area in self.list.iter().take(above).rev() {
            let floor = area.end.max(limits.start);
            if ceiling >= floor && ceiling - floor >= length {
                return Some(ceiling - length);
            }
            ceiling = ceiling.min(area.bottom());
            if ceiling < limits.start {
                return None;
            }
        }
        (ceiling >= limits.start && ceiling - limits.start >= length).then(|| ceiling - length)
    }

    /// Sees to it that a range can be cut out, changed, and something inserted, and that this does not fail half-way.
    pub(crate) fn prepare(&mut self, range: &Range<u64>) -> Result<()> {
        let is_cut = |at: u64| usize::from(self.find(at).is_some_and(|area| area.start < at));
        let cuts = is_cut(range.start) + is_cut(range.end);
        if cuts > 0 && self.list.len() + cuts > MOST {
            return Err(Errno::ENOMEM);
        }
        let references = self.overlapping(range.clone()).filter(|area| area.backing.is_some()).count();
        self.list.try_reserve(3).map_err(|_| Errno::ENOMEM)?;
        self.gone.try_reserve(references + 4).map_err(|_| Errno::ENOMEM)
    }

    /// Has an area begin at an address, if one has it. There is room.
    fn cut(&mut self, at: u64) {
        let place = self.place(at);
        let Some(area) = self.list.get_mut(place).filter(|area| area.start < at) else { return };
        let upper = area.part(&(at..area.end));
        area.end = at;
        self.list.insert(place + 1, upper);
    }

    /// Cuts at both ends of a range, and gives the places of what lies in it.
    fn cut_out(&mut self, range: &Range<u64>) -> Range<usize> {
        self.cut(range.start);
        self.cut(range.end);
        self.place(range.start)..self.list.partition_point(|area| area.start < range.end)
    }

    /// Makes neighbours one that could be, from the area before `places` to the one after.
    fn merge(&mut self, places: Range<usize>) {
        let (first, end) = (places.start.saturating_sub(1), self.list.len().min(places.end + 1));
        let mut kept = first;
        for place in first + 1..end {
            let (before, after) = self.list.split_at_mut(place);
            let (Some(area), Some(next)) = (before.get_mut(kept), after.first_mut()) else { return };
            if area.joins(next) {
                area.end = next.end;
                area.has_copies |= next.has_copies;
                self.gone.extend(next.backing.take());
            } else {
                kept += 1;
                self.list.swap(kept, place);
            }
        }
        if kept + 1 < end {
            self.list.drain(kept + 1..end);
        }
    }

    /// Sees to it that an area can be inserted.
    pub(crate) fn room(&mut self) -> Result<()> {
        if self.list.len() >= MOST {
            return Err(Errno::ENOMEM);
        }
        self.prepare(&(0..0))
    }

    /// Puts an area where nothing is. There is room.
    pub(crate) fn insert(&mut self, area: Area<B>) {
        let place = self.place(area.start);
        self.pages += area.pages();
        self.list.insert(place, area);
        self.merge(place..place + 1);
    }

    /// Removes what lies in a range.
    pub(crate) fn remove(&mut self, range: &Range<u64>) -> Result<()> {
        self.prepare(range)?;
        let places = self.cut_out(range);
        for area in self.list.drain(places) {
            self.pages -= area.pages();
            self.gone.extend(area.backing);
        }
        Ok(())
    }

    /// Changes, in all that lies in a range, what does not move it.
    pub(crate) fn change(&mut self, range: &Range<u64>, change: impl FnMut(&mut Area<B>)) -> Result<()> {
        self.prepare(range)?;
        let places = self.cut_out(range);
        if let Some(areas) = self.list.get_mut(places.clone()) {
            areas.iter_mut().for_each(change);
        }
        self.merge(places);
        Ok(())
    }

    /// Has the area at a place begin further down. Nothing is there.
    pub(crate) fn grow_down(&mut self, place: usize, start: u64) {
        if let Some(area) = self.list.get_mut(place) {
            self.pages += (area.start - start) / PAGE;
            area.start = start;
        }
    }

    /// Has the area that ends at an address end further up. Nothing is there.
    pub(crate) fn grow_up(&mut self, end: u64, new_end: u64) -> Result<()> {
        self.gone.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        let place = self.place(end.saturating_sub(1));
        if let Some(area) = self.list.get_mut(place).filter(|area| area.end == end) {
            self.pages += (new_end - end) / PAGE;
            area.end = new_end;
            self.merge(place..place + 1);
        }
        Ok(())
    }

    /// The same areas for a child, as far as it has them.
    pub(crate) fn inherited(&self, child: &mut Self) -> Result<()> {
        child.list.try_reserve(self.list.len()).map_err(|_| Errno::ENOMEM)?;
        let left_out = crate::area::Inheritance::None;
        child.list.extend(self.list.iter().filter(|area| area.inheritance != left_out).cloned());
        child.pages = child.list.iter().map(Area::pages).sum();
        Ok(())
    }

    /// Takes all references out.
    pub(crate) fn take_references(&mut self) -> impl Iterator<Item = B> {
        self.pages = 0;
        let areas = core::mem::take(&mut self.list).into_iter().filter_map(|area| area.backing);
        areas.chain(core::mem::take(&mut self.gone))
    }
}

#[cfg(test)]
mod tests;
