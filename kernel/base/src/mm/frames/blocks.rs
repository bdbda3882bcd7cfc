//! The free frames: ranges that were never used, and blocks of frames that came back.
//!
//! Frames that were never given out are a list of ranges, at most [`PIECES`] of them, and are not touched before they are
//! used. Frames that came back are *blocks*: 2ⁿ frames, n below [`ORDERS`], that begin at a multiple of their size. A block that
//! comes back joins its *buddy*, the other half of the block twice as large, as often as that one is free too; so
//! neighbours find together without a search, and runs of frames can be had again after single ones were (Knowlton, "A Fast
//! Storage Allocator", CACM 8, 1965; Knuth, TAOCP 2.5). Free blocks of one order are a list, linked through their first frames;
//! that a block begins at a frame is noted in the frame's entry. Each step takes a bounded time: one look at each
//! order, or at each range.

use core::ops::Range;

use machine::memory_map::{PIECES, Ranges};
use x86_64::PhysAddr;
use x86_64::structures::paging::PhysFrame;

use super::FRAME_SIZE;

/// How many sizes of blocks there are: from one frame to 4 MiB.
pub(super) const ORDERS: usize = 11;

/// A neighbour of a free block in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Link {
    /// The one after it.
    Next,
    /// The one before it.
    Previous,
}

/// Where is kept what is known of free blocks: in the frames and their entries, or in a table for tests.
pub(super) trait Places {
    /// A neighbour of the free block that begins at a frame.
    fn link(&self, frame: PhysFrame, link: Link) -> Option<PhysFrame>;
    /// Sets a neighbour of a free block that begins at a frame.
    fn set_link(&mut self, frame: PhysFrame, link: Link, to: Option<PhysFrame>);
    /// The order of the free block that begins at a frame, if one does.
    fn order(&self, frame: PhysFrame) -> Option<usize>;
    /// Sets the order of the free block that begins at a frame, or that none does.
    fn set_order(&mut self, frame: PhysFrame, order: Option<usize>);
}

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The kernel itself, parts of which cannot go on without.
    Kernel,
    /// Large blocks of the kernel's: whoever asks for one can be refused.
    Block,
    /// What processes ask for, as much as they like.
    User,
}

/// The part of all frames that stays for the kernel: one in so many.
const RESERVE_SHARE: u64 = 32;
/// And so many frames at most.
const MOST_RESERVED: u64 = 1024;

/// The free frames.
#[derive(Debug)]
pub(super) struct FreeFrames<P> {
    never_used: Ranges<PIECES>,
    /// The first free block of each order.
    blocks: [Option<PhysFrame>; ORDERS],
    free: u64,
    total: u64,
    places: P,
}

/// Frames of a block.
const fn frames_of(order: usize) -> u64 {
    1 << order
}

/// The other half of the block twice as large.
fn buddy(frame: PhysFrame, order: usize) -> PhysFrame {
    PhysFrame::containing_address(PhysAddr::new(
        frame.start_address().as_u64() ^ (FRAME_SIZE * frames_of(order)),
    ))
}

/// The order of the smallest block that has `count` neighbouring frames at a multiple of `alignment` frames.
fn order_for(count: u64, alignment: u64) -> Option<usize> {
    let frames = count.max(alignment).checked_next_power_of_two()?;
    usize::try_from(frames.trailing_zeros()).ok()
}

impl<P: Places> FreeFrames<P> {
    pub(super) const fn new(places: P) -> Self {
        Self { never_used: Ranges::new(), blocks: [None; ORDERS], free: 0, total: 0, places }
    }

    /// How many frames there are, free or not.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// Bytes that were added and found no place.
    pub(super) const fn dropped(&self) -> u64 {
        self.never_used.dropped()
    }

    /// Adds a range of never-used memory, cut to whole frames inside of `covered`. Where there are too many ranges the
    /// largest stay.
    pub(super) fn add(&mut self, range: &Range<PhysAddr>, covered: &Range<u64>) {
        let start = range.start.as_u64().max(covered.start).next_multiple_of(FRAME_SIZE);
        let end = range.end.as_u64().min(covered.end) / FRAME_SIZE * FRAME_SIZE;
        if start < end {
            let before = self.never_used.total() / FRAME_SIZE;
            self.never_used.add(PhysAddr::new(start)..PhysAddr::new(end));
            let after = self.never_used.total() / FRAME_SIZE;
            self.free = self.free + after - before;
            self.total = self.total + after - before;
        }
    }

    /// Takes bytes for the allocator's own tables from the end of memory: they are no frames any more.
    pub(super) fn take_for_tables(&mut self, bytes: u64) -> Option<PhysAddr> {
        let bytes = bytes.next_multiple_of(FRAME_SIZE);
        let start = self.never_used.take_last(bytes)?;
        self.free -= bytes / FRAME_SIZE;
        self.total -= bytes / FRAME_SIZE;
        Some(start)
    }

    /// Forgets the never-used frames in a range.
    pub(super) fn forget(&mut self, range: &Range<PhysAddr>) {
        let before = self.never_used.total() / FRAME_SIZE;
        self.never_used.remove(range);
        let lost = before - self.never_used.total() / FRAME_SIZE;
        self.free -= lost;
        self.total -= lost;
    }

    /// How many frames stay for others than `purpose`.
    fn reserve(&self, purpose: Purpose) -> u64 {
        let reserve = (self.total / RESERVE_SHARE).min(MOST_RESERVED);
        match purpose {
            Purpose::Kernel => 0,
            Purpose::Block => reserve / 2,
            Purpose::User => reserve,
        }
    }

    /// Whether `count` frames for a purpose leave what is reserved from it.
    pub(super) fn allows(&self, count: u64, purpose: Purpose) -> bool {
        count.checked_add(self.reserve(purpose)).is_some_and(|needed| needed <= self.free)
    }

    /// `most` frames, or as many as there are, each given to `give`.
    pub(super) fn allocate_some(&mut self, most: u64, purpose: Purpose, mut give: impl FnMut(PhysFrame)) {
        let mut left = most.min(self.free.saturating_sub(self.reserve(purpose)));
        while left > 0 {
            // A whole block where it is not too large, so that it need not be cut into frames one by one.
            let fits = left.ilog2() as usize;
            let order = (0..ORDERS).find(|&order| self.blocks[order].is_some()).map_or(0, |it| it.min(fits));
            let first = self.take_block(order).or_else(|| self.take_never_used(1, 1));
            let Some(first) = first else { break };
            let count = frames_of(order);
            (0..count).for_each(|number| give(first + number));
            self.free -= count;
            left -= count;
        }
    }

    /// The first of `count` neighbouring frames, which begin at a multiple of `alignment` frames, a power of two.
    pub(super) fn allocate_run(&mut self, count: u64, alignment: u64, purpose: Purpose) -> Option<PhysFrame> {
        if !self.allows(count, purpose) {
            return None;
        }
        let order = order_for(count, alignment)?;
        let first = match self.take_block(order) {
            Some(first) => {
                self.put(first + count, frames_of(order) - count);
                first
            }
            None => self.take_never_used(count, alignment)?,
        };
        self.free -= count;
        Some(first)
    }

    /// Takes a frame back.
    pub(super) fn give_back(&mut self, frame: PhysFrame) {
        self.free += 1;
        self.join(frame, 0);
    }

    /// Takes `count` neighbouring frames back.
    pub(super) fn give_back_run(&mut self, first: PhysFrame, count: u64) {
        self.free += count;
        self.put(first, count);
    }

    /// Takes a block out of its list, or half of a larger one.
    fn take_block(&mut self, order: usize) -> Option<PhysFrame> {
        let (found, frame) = (order..ORDERS).find_map(|order| Some((order, self.blocks[order]?)))?;
        self.take_out(frame, found);
        for half in (order..found).rev() {
            self.insert(frame + frames_of(half), half);
        }
        Some(frame)
    }

    /// Takes neighbouring frames from the first range that has them. What lies before them in the range becomes blocks.
    fn take_never_used(&mut self, count: u64, alignment: u64) -> Option<PhysFrame> {
        let size = count.checked_mul(FRAME_SIZE)?;
        let alignment = alignment.checked_mul(FRAME_SIZE)?;
        let (range, start) = self.never_used.iter().find_map(|range| {
            let start = range.start.as_u64().checked_next_multiple_of(alignment)?;
            let end = start.checked_add(size)?;
            (end <= range.end.as_u64()).then(|| (range, PhysAddr::new(start)))
        })?;
        self.never_used.remove(&(range.start..start + size));
        self.put(PhysFrame::containing_address(range.start), (start - range.start) / FRAME_SIZE);
        Some(PhysFrame::containing_address(start))
    }

    /// Makes neighbouring frames blocks, as large as may be.
    fn put(&mut self, mut first: PhysFrame, mut count: u64) {
        while count > 0 {
            let number = first.start_address().as_u64() / FRAME_SIZE;
            let order = (number.trailing_zeros().min(count.ilog2()) as usize).min(ORDERS - 1);
            self.join(first, order);
            first += frames_of(order);
            count -= frames_of(order);
        }
    }

    /// Makes a block of frames one of the free ones, joined with its buddy as often as that is free.
    fn join(&mut self, mut frame: PhysFrame, mut order: usize) {
        while order + 1 < ORDERS {
            let buddy = buddy(frame, order);
            if self.places.order(buddy) != Some(order) {
                break;
            }
            self.take_out(buddy, order);
            frame = frame.min(buddy);
            order += 1;
        }
        self.insert(frame, order);
    }

    /// Puts a block into its list.
    fn insert(&mut self, frame: PhysFrame, order: usize) {
        let next = self.blocks[order].replace(frame);
        self.places.set_link(frame, Link::Next, next);
        self.places.set_link(frame, Link::Previous, None);
        self.places.set_order(frame, Some(order));
        if let Some(next) = next {
            self.places.set_link(next, Link::Previous, Some(frame));
        }
    }

    /// Takes a block out of its list.
    fn take_out(&mut self, frame: PhysFrame, order: usize) {
        let next = self.places.link(frame, Link::Next);
        let previous = self.places.link(frame, Link::Previous);
        if let Some(next) = next {
            self.places.set_link(next, Link::Previous, previous);
        }
        match previous {
            Some(previous) => self.places.set_link(previous, Link::Next, next),
            None => self.blocks[order] = next,
        }
        self.places.set_order(frame, None);
    }
}

#[cfg(test)]
mod tests;
