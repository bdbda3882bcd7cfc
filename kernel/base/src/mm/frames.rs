//! Physical frames of 4 KiB.
//!
//! Frames that were never given out are a list of ranges and a cursor; frames that came back are threaded
//! through themselves. Both ends are constant time, nothing is touched before it is used, and there is no
//! table to size. A leaf lock guards it: closed code, no call back, bounded time.
//!
//! In front of it each CPU keeps a few frames for itself (`cache`), so that most calls take no lock at all.

mod cache;

use core::ops::Range;

use bootloader_api::info::{MemoryRegion, MemoryRegionKind};

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use machine::direct_map::{DIRECT_MAP_END, EARLY_DIRECT_MAP_END, direct};
use machine::paging::FrameSource;

/// Bytes of a frame.
pub const FRAME_SIZE: u64 = 4096;
/// Words of a frame.
pub const WORDS: usize = 512;
/// Ranges of memory that are kept; smaller ones beyond are not used.
const RANGES: usize = 32;
/// Below this lie the firmware's data and the trampoline: never given out.
const FIRST: u64 = 0x10_0000;

/// A physical frame that belongs to whoever has this value.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a frame that is dropped is lost; give it back with `free`"]
pub struct Frame(u64);

impl Frame {
    /// Its content, as words.
    pub fn words(&mut self) -> &mut [u64; WORDS] {
        // SAFETY: whoever has the value owns the frame, and the direct map covers it; any bytes are words.
        unsafe { &mut *direct(self.0) }
    }

    /// The frame that was mapped somewhere and is not any more: it belongs to who unmapped it.
    pub(super) const fn unmapped(address: u64) -> Self {
        Self(address)
    }

    /// Its physical address.
    #[must_use]
    pub const fn address(&self) -> u64 {
        self.0
    }
}

/// Where the link of a free frame is kept: in the frame itself, or in a table for tests.
trait Links {
    /// Reads the link of a free frame; 0 ends the list.
    fn get(&self, frame: u64) -> u64;
    /// Writes the link of a free frame.
    fn set(&mut self, frame: u64, next: u64);
}

/// Links in the frames themselves, through the direct map.
struct InFrames;

impl Links for InFrames {
    fn get(&self, frame: u64) -> u64 {
        // SAFETY: a free frame is the allocator's own, mapped by the direct map, and holds a link.
        unsafe { direct::<u64>(frame).read() }
    }

    fn set(&mut self, frame: u64, next: u64) {
        // SAFETY: a frame just given back is the allocator's own.
        unsafe { direct::<u64>(frame).write(next) }
    }
}

/// The free frames.
struct FreeFrames<L> {
    ranges: [(u64, u64); RANGES],
    range_count: usize,
    returned: u64,
    free: u64,
    links: L,
}

impl<L: Links> FreeFrames<L> {
    const fn new(links: L) -> Self {
        Self { ranges: [(0, 0); RANGES], range_count: 0, returned: 0, free: 0, links }
    }

    /// Adds a range of never-used memory, cut to whole frames inside of `covered`.
    fn add(&mut self, start: u64, end: u64, covered: Range<u64>) {
        let start = start.max(covered.start).next_multiple_of(FRAME_SIZE);
        let end = end.min(covered.end) / FRAME_SIZE * FRAME_SIZE;
        if start < end
            && let Some(range) = self.ranges.get_mut(self.range_count)
        {
            *range = (start, end);
            self.range_count += 1;
            self.free += (end - start) / FRAME_SIZE;
        }
    }

    /// Takes `count` neighbouring frames that were never used.
    fn take_never_used(&mut self, count: u64) -> Option<u64> {
        let size = count * FRAME_SIZE;
        let range = self.ranges[..self.range_count].iter_mut().find(|(start, end)| end - start >= size)?;
        let first = range.0;
        range.0 += size;
        self.free -= count;
        Some(first)
    }

    fn allocate(&mut self) -> Option<u64> {
        if self.returned == 0 {
            return self.take_never_used(1);
        }
        let frame = self.returned;
        self.returned = self.links.get(frame);
        self.free -= 1;
        Some(frame)
    }

    fn give_back(&mut self, frame: u64) {
        self.links.set(frame, self.returned);
        self.returned = frame;
        self.free += 1;
    }
}

static FRAMES: LeafLock<FreeFrames<InFrames>> = LeafLock::new(Leaf::Frames, FreeFrames::new(InFrames));

/// Takes over the usable memory of the boot loader's map inside of `covered`.
fn add_regions(regions: &[MemoryRegion], covered: &Range<u64>) {
    FRAMES.with(|frames| {
        for region in regions.iter().filter(|region| region.kind == MemoryRegionKind::Usable) {
            frames.add(region.start, region.end, covered.clone());
        }
    });
}

/// Takes over the memory that the boot code's direct map covers. Once, at boot.
pub fn add_early(regions: &[MemoryRegion]) {
    add_regions(regions, &(FIRST..EARLY_DIRECT_MAP_END));
}

/// Takes over the rest, once the kernel's own page tables map it.
pub fn add_late(regions: &[MemoryRegion]) {
    add_regions(regions, &(EARLY_DIRECT_MAP_END..DIRECT_MAP_END));
}

/// One frame, with whatever was in it; `None` when memory is used up.
pub fn allocate() -> Option<Frame> {
    cache::take().map(Frame)
}

/// Gives a frame back.
#[allow(clippy::needless_pass_by_value, reason = "giving a frame back ends the giver's claim to it")]
pub fn free(frame: Frame) {
    let Frame(address) = frame;
    cache::give_back(address);
}

/// Frames for page tables, which keep only their addresses.
#[derive(Clone, Copy, Debug)]
pub struct TableFrames;

impl FrameSource for TableFrames {
    fn take(&mut self) -> Option<u64> {
        cache::take()
    }

    fn put_back(&mut self, frame: u64) {
        cache::give_back(frame);
    }
}

/// Neighbouring frames for good, as a physical address: for what lives as long as the kernel.
pub fn allocate_for_good(count: u64) -> Option<u64> {
    FRAMES.with(|frames| frames.take_never_used(count))
}

/// How many frames are free, those that CPUs keep for themselves included.
pub fn free_count() -> u64 {
    FRAMES.with(|frames| frames.free) + cache::count()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::collections::{HashMap, HashSet};

    use super::{DIRECT_MAP_END, FIRST, FRAME_SIZE, FreeFrames, Links};

    #[derive(Default)]
    struct Table(HashMap<u64, u64>);

    impl Links for Table {
        fn get(&self, frame: u64) -> u64 {
            self.0[&frame]
        }
        fn set(&mut self, frame: u64, next: u64) {
            self.0.insert(frame, next);
        }
    }

    fn frames(ranges: &[(u64, u64)]) -> FreeFrames<Table> {
        let mut frames = FreeFrames::new(Table::default());
        for &(start, end) in ranges {
            frames.add(start, end, FIRST..DIRECT_MAP_END);
        }
        frames
    }

    #[test]
    fn every_frame_is_given_out_once_and_again_after_it_came_back() {
        let mut frames = frames(&[(0, 0x10_0000), (0x20_0800, 0x20_4000), (0x40_0000, 0x40_2fff)]);
        assert_eq!(frames.free, 3 + 2, "whole frames above one megabyte");
        let mut all = HashSet::new();
        while let Some(frame) = frames.allocate() {
            assert!(all.insert(frame), "{frame:#x} was given out twice");
            assert_eq!(frame % FRAME_SIZE, 0);
        }
        assert_eq!((all.len(), frames.free), (5, 0));
        for &frame in &all {
            frames.give_back(frame);
        }
        assert_eq!(frames.free, 5);
        let again: HashSet<_> = core::iter::from_fn(|| frames.allocate()).collect();
        assert_eq!(again, all);
    }

    #[test]
    fn neighbours_come_from_one_range() {
        let mut frames = frames(&[(0x20_0000, 0x20_2000), (0x40_0000, 0x48_0000)]);
        assert_eq!(frames.take_never_used(16), Some(0x40_0000));
        assert_eq!(frames.take_never_used(1 << 20), None);
    }
}
