//! One area: a range of pages that are mapped in the same way.

use core::ops::Range;

use base::mm::page::PAGE_SIZE;
use base::mm::user_tables::Protection;

/// Bytes of a page, as addresses count.
pub(crate) const PAGE: u64 = PAGE_SIZE as u64;

/// How much stays free below an area that grows down, so that what runs out of it faults.
pub(crate) const GUARD: u64 = 256 * PAGE;

/// A reference to where pages come from.
pub(crate) trait Handle: Clone {
    /// Whether both lead to one thing.
    fn is(&self, other: &Self) -> bool;
}

/// What a child has of an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inheritance {
    /// The area, with its pages.
    Whole,
    /// The area, with zeros in it.
    Wiped,
    /// Nothing.
    None,
}

/// A range of pages that are mapped in the same way.
#[derive(Clone, Debug)]
pub(crate) struct Area<B> {
    /// Where it begins.
    pub(crate) start: u64,
    /// Where it ends: the first address that is not its own.
    pub(crate) end: u64,
    /// What may be done with it.
    pub(crate) protection: Protection,
    /// What it may be changed to.
    pub(crate) allowed: Protection,
    /// Whether others see what is written to it.
    pub(crate) is_shared: bool,
    /// Whether it grows down when what lies below it is touched.
    pub(crate) grows_down: bool,
    /// What a child has of it.
    pub(crate) inheritance: Inheritance,
    /// Whether pages of its backing may have been copied for it.
    pub(crate) has_copies: bool,
    /// Where its pages come from; none where they begin as zeros.
    pub(crate) backing: Option<B>,
    /// The number that its first page has there.
    pub(crate) first: u64,
}

impl<B> Area<B> {
    /// Zeros of this process alone.
    pub(crate) const fn anonymous(range: Range<u64>, protection: Protection) -> Self {
        Self {
            start: range.start,
            end: range.end,
            protection,
            allowed: Protection::all(),
            is_shared: false,
            grows_down: false,
            inheritance: Inheritance::Whole,
            has_copies: false,
            backing: None,
            first: 0,
        }
    }

    /// Its addresses.
    pub(crate) const fn range(&self) -> Range<u64> {
        self.start..self.end
    }

    /// How many pages it has.
    pub(crate) const fn pages(&self) -> u64 {
        (self.end - self.start) / PAGE
    }

    /// Where what is free below it ends.
    pub(crate) const fn bottom(&self) -> u64 {
        if self.grows_down { self.start.saturating_sub(GUARD) } else { self.start }
    }

    /// The number of the page at one of its addresses.
    pub(crate) const fn index(&self, at: u64) -> u64 {
        self.first.saturating_add((at - self.start) / PAGE)
    }

    /// Whether it counts as data: what a process has written for itself.
    pub(crate) const fn is_data(&self) -> bool {
        self.protection.contains(Protection::WRITE) && !self.is_shared && !self.grows_down
    }
}

impl<B: Handle> Area<B> {
    /// What `other`, which begins where this ends, is to be for the two to be one.
    pub(crate) fn joins(&self, other: &Self) -> bool {
        let same = match (&self.backing, &other.backing) {
            (None, None) => true,
            (Some(own), Some(others)) => own.is(others) && self.index(self.end) == other.first,
            _ => false,
        };
        same && self.end == other.start
            && self.protection == other.protection
            && self.allowed == other.allowed
            && self.is_shared == other.is_shared
            && self.grows_down == other.grows_down
            && self.inheritance == other.inheritance
    }

    /// The part of it that lies in a range, which it overlaps.
    pub(crate) fn part(&self, range: &Range<u64>) -> Self {
        let mut part = self.clone();
        part.start = self.start.max(range.start);
        part.end = self.end.min(range.end);
        part.first = self.index(part.start);
        part
    }
}
