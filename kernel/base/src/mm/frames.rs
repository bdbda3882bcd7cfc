//! Physical frames of 4 KiB.
//!
//! Frames that were never given out are a list of ranges, at most [`PIECES`] of them; frames that came back are
//! threaded through themselves. Both ends take a bounded time, and nothing is touched before it is used. A leaf lock guards
//! it: closed code, no call back, bounded time.
//!
//! In front of it each CPU keeps a few frames for itself (`cache`), so that most calls take no lock at all. Who has a frame,
//! and how many references there are to it, is written in a table with an entry for each (`metadata`).

pub(in crate::mm) mod bytes;
mod cache;
pub(in crate::mm) mod metadata;
mod references;

use core::ops::Range;

use x86_64::PhysAddr;
use x86_64::structures::paging::PhysFrame;

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use machine::direct_map::{DIRECT_MAP_END, EARLY_DIRECT_MAP_END, direct};
use machine::memory_map::{PIECES, Ranges};
use machine::paging::FrameSource;
pub use metadata::Owner;

/// Bytes of a frame.
pub const FRAME_SIZE: u64 = 4096;
/// The same, for sizes of what is in memory.
pub(super) const FRAME_BYTES: usize = 4096;
/// Words of a frame.
pub const WORDS: usize = 512;
/// Below this lie the firmware's data and the trampoline: never given out.
const FIRST: u64 = 0x10_0000;

/// A physical frame that belongs to whoever has this value.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a frame that is dropped is lost; give it back with `free`"]
pub struct Frame(PhysFrame);

impl Frame {
    /// Its content, as words.
    pub fn words(&mut self) -> &mut [u64; WORDS] {
        // SAFETY: whoever has the value owns the frame, and the direct map covers it; any bytes are words.
        unsafe { &mut *direct(self.0.start_address()) }
    }

    /// Gives the frame to a page table's entry, from which [`unmapped`](Self::unmapped) takes it back.
    pub(super) const fn mapped(self) -> PhysFrame {
        self.0
    }

    /// Takes back a frame that was [`mapped`](Self::mapped) somewhere.
    ///
    /// # Safety
    ///
    /// It is mapped nowhere any more, and this is the only value made of it.
    pub(super) const unsafe fn unmapped(frame: PhysFrame) -> Self {
        Self(frame)
    }

    /// Which one it is. Whoever has the number does not have the frame.
    pub(super) const fn number(&self) -> PhysFrame {
        self.0
    }
}

/// Where the link of a free frame is kept: in the frame itself, or in a table for tests.
trait Links {
    /// Reads the link of a free frame; `None` ends the list.
    fn get(&self, frame: PhysFrame) -> Option<PhysFrame>;
    /// Writes the link of a free frame.
    fn set(&mut self, frame: PhysFrame, next: Option<PhysFrame>);
}

/// Links in the frames themselves, through the direct map.
struct InFrames;

impl Links for InFrames {
    fn get(&self, frame: PhysFrame) -> Option<PhysFrame> {
        // SAFETY: a free frame is the allocator's own, the direct map covers it, and `set` has written a link into it.
        unsafe { direct::<Option<PhysFrame>>(frame.start_address()).read() }
    }

    fn set(&mut self, frame: PhysFrame, next: Option<PhysFrame>) {
        // SAFETY: a frame just given back is the allocator's own, and the direct map covers it.
        unsafe { direct::<Option<PhysFrame>>(frame.start_address()).write(next) }
    }
}

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The kernel itself, parts of which cannot go on without.
    Kernel,
    /// What processes ask for, as much as they like.
    User,
}

/// The part of all frames that stays for the kernel: one in so many.
const RESERVE_SHARE: u64 = 32;
/// And so many frames at most.
const MOST_RESERVED: u64 = 1024;

/// The free frames.
struct FreeFrames<L> {
    never_used: Ranges<PIECES>,
    returned: Option<PhysFrame>,
    free: u64,
    /// How many frames there are, free or not.
    total: u64,
    links: L,
}

impl<L: Links> FreeFrames<L> {
    const fn new(links: L) -> Self {
        Self { never_used: Ranges::new(), returned: None, free: 0, total: 0, links }
    }

    /// Adds a range of never-used memory, cut to whole frames inside of `covered`. Where there are too many ranges the
    /// largest stay.
    fn add(&mut self, range: &Range<PhysAddr>, covered: &Range<u64>) {
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
    fn take_for_tables(&mut self, bytes: u64) -> Option<PhysAddr> {
        let bytes = bytes.next_multiple_of(FRAME_SIZE);
        let start = self.never_used.take_last(bytes)?;
        self.free -= bytes / FRAME_SIZE;
        self.total -= bytes / FRAME_SIZE;
        Some(start)
    }

    /// Forgets the never-used frames in a range.
    fn forget(&mut self, range: &Range<PhysAddr>) {
        let before = self.never_used.total() / FRAME_SIZE;
        self.never_used.remove(range);
        let lost = before - self.never_used.total() / FRAME_SIZE;
        self.free -= lost;
        self.total -= lost;
    }

    /// Takes `count` neighbouring frames that were never used.
    fn take_never_used(&mut self, count: u64) -> Option<PhysFrame> {
        let first = self.never_used.take(count * FRAME_SIZE)?;
        self.free -= count;
        Some(PhysFrame::containing_address(first))
    }

    /// How many frames only the kernel may take.
    fn reserve(&self) -> u64 {
        (self.total / RESERVE_SHARE).min(MOST_RESERVED)
    }

    /// One frame; none for processes where only the reserve is left.
    fn allocate_for(&mut self, purpose: Purpose) -> Option<PhysFrame> {
        if purpose == Purpose::User && self.free <= self.reserve() { None } else { self.allocate() }
    }

    fn allocate(&mut self) -> Option<PhysFrame> {
        let Some(frame) = self.returned else { return self.take_never_used(1) };
        self.returned = self.links.get(frame);
        self.free -= 1;
        Some(frame)
    }

    fn give_back(&mut self, frame: PhysFrame) {
        self.links.set(frame, self.returned);
        self.returned = Some(frame);
        self.free += 1;
    }
}

static FRAMES: LeafLock<FreeFrames<InFrames>> = LeafLock::new(Leaf::Frames, FreeFrames::new(InFrames));

/// Runs an operation of this module, or of its cache, on the free frames.
fn with_frames<O>(operation: impl FnOnce(&mut FreeFrames<InFrames>) -> O) -> O {
    // SAFETY: the operations take ranges and frames out of lists and put them in; they read and write free frames.
    unsafe { FRAMES.with(operation) }
}

/// Zeroed memory for the allocator's own tables, for ever.
fn memory_for_tables<T>(bytes: u64) -> Option<*mut T> {
    let memory: *mut T = direct(with_frames(|frames| frames.take_for_tables(bytes))?);
    // SAFETY: it was never used, is nobody else's from now on, and the direct map covers it.
    unsafe { bytes::zero(memory.cast(), usize::try_from(bytes).ok()?) }
    Some(memory)
}

/// Makes the entries of a frame's section.
fn describe(frame: PhysFrame) -> bool {
    metadata::is_described(frame)
        || memory_for_tables(metadata::SECTION_BYTES)
            // SAFETY: the memory is zeroed, and the section's for ever.
            .is_some_and(|memory| unsafe { metadata::describe(frame, memory) })
}

/// Takes over the usable memory inside of `covered`. What there is no memory for entries of is not used.
fn add_ranges(usable: &Ranges<PIECES>, covered: &Range<u64>) {
    const SECTION: u64 = metadata::SECTION * FRAME_SIZE;
    with_frames(|frames| usable.iter().for_each(|range| frames.add(&range, covered)));
    if covered.start == FIRST {
        let end = usable.iter().map(|range| range.end.as_u64().min(DIRECT_MAP_END)).max().unwrap_or(0);
        let bytes = metadata::directory_bytes(end);
        if let Some(memory) = memory_for_tables(bytes) {
            // SAFETY: the memory is zeroed, begins at a page, and is the directory's for ever.
            unsafe { metadata::begin(memory, bytes) }
        }
    }
    for range in usable.iter() {
        let mut start = range.start.as_u64().max(covered.start);
        let end = range.end.as_u64().min(covered.end);
        while start < end {
            let next = (start + 1).next_multiple_of(SECTION).min(end);
            if !describe(PhysFrame::containing_address(PhysAddr::new(start))) {
                with_frames(|frames| frames.forget(&(PhysAddr::new(start)..PhysAddr::new(next))));
            }
            start = next;
        }
    }
}

/// Takes over the memory that the boot code's direct map covers. Once, at boot.
pub(crate) fn add_early(usable: &Ranges<PIECES>) {
    add_ranges(usable, &(FIRST..EARLY_DIRECT_MAP_END));
}

/// Takes over the rest, once the kernel's own page tables map it.
pub(crate) fn add_late(usable: &Ranges<PIECES>) {
    add_ranges(usable, &(EARLY_DIRECT_MAP_END..DIRECT_MAP_END));
}

/// Bytes that were to be taken over and found no place.
pub(crate) fn dropped() -> u64 {
    with_frames(|frames| frames.never_used.dropped())
}

/// Bounds the frames that each of `cpus` keeps for itself by the memory that is free now.
pub(crate) fn bound_caches(cpus: usize) {
    cache::bound(free_count(), cpus);
}

/// One frame, with whatever was in it; `None` when memory is used up.
#[must_use]
pub fn allocate() -> Option<Frame> {
    allocate_for(Owner::Kernel)
}

/// One frame for an owner, with whatever was in it; `None` when memory is used up.
pub(super) fn allocate_for(owner: Owner) -> Option<Frame> {
    cache::take(owner).map(Frame)
}

/// One zeroed frame for an owner; `None` when memory is used up.
pub(super) fn allocate_zeroed(owner: Owner) -> Option<Frame> {
    zeroed(owner).map(Frame)
}

/// The same, its number.
fn zeroed(owner: Owner) -> Option<PhysFrame> {
    let (frame, is_zeroed) = cache::take_zeroed(owner)?;
    if !is_zeroed {
        zero(frame);
    }
    Some(frame)
}

/// Zeroes one free frame ahead, for this CPU; says whether it did. It does not where enough are. Called by the idle thread
/// of each CPU, and by nobody else.
pub(crate) fn zero_ahead() -> bool {
    cache::stock(zero)
}

/// Zeroes a frame that the caller has.
fn zero(frame: PhysFrame) {
    // SAFETY: the frame is the caller's, and the direct map covers it.
    unsafe { bytes::zero(direct(frame.start_address()), FRAME_BYTES) }
}

/// Says who has a frame from now on.
pub(super) fn hand_over(frame: PhysFrame, to: Owner) {
    cache::hand_over(frame, to);
}

/// Gives a frame back.
#[allow(clippy::needless_pass_by_value, reason = "giving a frame back ends the giver's claim to it")]
pub fn free(frame: Frame) {
    let Frame(frame) = frame;
    cache::give_back(frame);
}

/// Frames for page tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableFrames;

impl FrameSource for TableFrames {
    fn take(&mut self) -> Option<PhysFrame> {
        zeroed(Owner::Table)
    }

    unsafe fn put_back(&mut self, frame: PhysFrame) {
        cache::give_back(frame);
    }
}

/// Neighbouring frames for good, the first of them: for what lives as long as the kernel.
pub(super) fn allocate_for_good(count: u64) -> Option<PhysFrame> {
    with_frames(|frames| frames.take_never_used(count))
}

/// How many frames are free, those that CPUs keep for themselves included.
#[must_use]
pub fn free_count() -> u64 {
    with_frames(|frames| frames.free) + cache::count()
}

/// How many of the free frames CPUs have zeroed ahead.
#[must_use]
pub fn zeroed_count() -> u64 {
    cache::zeroed_count()
}

/// How many frames there are, but for those that the kernel keeps for good.
#[must_use]
pub fn total() -> u64 {
    with_frames(|frames| frames.total)
}

/// How many frames an owner has.
#[must_use]
pub fn count(owner: Owner) -> u64 {
    if owner == Owner::Free { free_count() } else { metadata::owned_by(owner) }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::collections::{HashMap, HashSet};
    use std::vec::Vec;

    use super::{DIRECT_MAP_END, FIRST, FRAME_SIZE, FreeFrames, Links, PhysAddr, PhysFrame, Purpose};

    #[derive(Default)]
    struct Table(HashMap<PhysFrame, Option<PhysFrame>>);

    impl Links for Table {
        fn get(&self, frame: PhysFrame) -> Option<PhysFrame> {
            self.0[&frame]
        }
        fn set(&mut self, frame: PhysFrame, next: Option<PhysFrame>) {
            self.0.insert(frame, next);
        }
    }

    fn frames(ranges: &[(u64, u64)]) -> FreeFrames<Table> {
        let mut frames = FreeFrames::new(Table::default());
        for &(start, end) in ranges {
            frames.add(&(PhysAddr::new(start)..PhysAddr::new(end)), &(FIRST..DIRECT_MAP_END));
        }
        frames
    }

    #[test]
    fn every_frame_is_given_out_once_and_again_after_it_came_back() {
        let mut frames = frames(&[(0, 0x10_0000), (0x20_0800, 0x20_4000), (0x40_0000, 0x40_2fff)]);
        assert_eq!(frames.free, 3 + 2, "whole frames above one megabyte");
        let mut all = HashSet::new();
        while let Some(frame) = frames.allocate() {
            assert!(all.insert(frame), "{frame:?} was given out twice");
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
    fn a_map_of_many_pieces_loses_the_smallest_only() {
        // 40 pieces of one frame, then one of a gibibyte.
        let mut map: Vec<_> = (1..=40).map(|piece| (piece << 24, (piece << 24) + FRAME_SIZE)).collect();
        map.push((1 << 32, (1 << 32) + (1 << 30)));
        let frames = frames(&map);
        assert_eq!(frames.free, 40 + (1 << 18));
    }

    #[test]
    fn the_kernel_has_a_reserve() {
        let mut frames = frames(&[(0x20_0000, 0x60_0000)]);
        let taken = core::iter::from_fn(|| frames.allocate_for(Purpose::User)).count();
        assert_eq!(taken, 1024 - 32);
        assert!(frames.allocate_for(Purpose::Kernel).is_some());
        assert_eq!(core::iter::from_fn(|| frames.allocate()).count(), 31);
    }

    #[test]
    fn neighbours_come_from_one_range() {
        let mut frames = frames(&[(0x20_0000, 0x20_2000), (0x40_0000, 0x48_0000)]);
        let first = frames.take_never_used(16).map(PhysFrame::start_address);
        assert_eq!(first, Some(PhysAddr::new(0x40_0000)));
        assert_eq!(frames.take_never_used(1 << 20), None);
    }
}
