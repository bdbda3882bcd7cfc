//! Physical frames of 4 KiB.
//!
//! | layer | what |
//! |---|---|
//! | `blocks` | the free frames that everybody has: ranges that were never used, blocks that came back and joined; behind a leaf lock: closed code, no call back, bounded time |
//! | `cache` | a few free frames that each CPU keeps for itself, some of them zeroed, so that most calls take no lock at all |
//! | `metadata`, `references` | who has a frame, and how many references there are to it: a table with an entry for each |
//! | `contiguous` | runs of neighbouring frames |
//! | `bytes` | the bytes of frames that others may change |
//!
//! Processes, and large blocks of the heap, leave a reserve to the kernel's small needs, parts of which cannot fail.

mod blocks;
pub(in crate::mm) mod bytes;
mod cache;
mod contiguous;
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

use blocks::{FreeFrames, Link, Places, Purpose};
pub use contiguous::{ContiguousFrames, allocate_contiguous, free_contiguous};
pub(super) use contiguous::{allocate_run, free_run};
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

/// Where no frame is that is ever free.
const NO_FRAME: u64 = 0;

/// What is known of free blocks: links in their first frames, through the direct map, and orders in the frames' entries.
#[derive(Debug)]
struct InFrames;

impl Places for InFrames {
    fn link(&self, frame: PhysFrame, link: Link) -> Option<PhysFrame> {
        // SAFETY: a free block is the allocator's own, the direct map covers it, and `set_link` has written both links.
        let address = unsafe { direct::<u64>(frame.start_address()).add(link as usize).read() };
        (address != NO_FRAME).then(|| PhysFrame::containing_address(PhysAddr::new_truncate(address)))
    }

    fn set_link(&mut self, frame: PhysFrame, link: Link, to: Option<PhysFrame>) {
        let address = to.map_or(NO_FRAME, |frame| frame.start_address().as_u64());
        // SAFETY: a free frame is the allocator's own, and the direct map covers it.
        unsafe { direct::<u64>(frame.start_address()).add(link as usize).write(address) }
    }

    fn order(&self, frame: PhysFrame) -> Option<usize> {
        metadata::find(frame)?.block()
    }

    fn set_order(&mut self, frame: PhysFrame, order: Option<usize>) {
        metadata::of(frame).set_block(order);
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
    with_frames(|frames| frames.dropped())
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
    cache::hand_over(frame, 1, to);
}

/// Gives everybody the free frames that this CPU keeps.
pub(super) fn flush() {
    cache::flush();
}

/// Gives a frame back.
#[allow(clippy::needless_pass_by_value, reason = "giving a frame back ends the giver's claim to it")]
pub fn free(frame: Frame) {
    let Frame(frame) = frame;
    cache::give_back(frame);
}

/// Frames for the kernel's page tables.
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

/// Frames for page tables of processes, which leave the kernel's reserve alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserTableFrames;

impl FrameSource for UserTableFrames {
    fn take(&mut self) -> Option<PhysFrame> {
        zeroed(Owner::UserTable)
    }

    unsafe fn put_back(&mut self, frame: PhysFrame) {
        cache::give_back(frame);
    }
}

/// How many frames are free, those that CPUs keep for themselves included.
#[must_use]
pub fn free_count() -> u64 {
    total().wrapping_add(metadata::owned_by(Owner::Free))
}

/// Whether no more than the kernel's reserve is free, but for what CPUs keep. Whoever is about to make something for a process that takes the kernel's
/// own memory, such as a thread, refuses then.
#[must_use]
pub fn is_scarce() -> bool {
    with_frames(|frames| !frames.allows(1, Purpose::User))
}

/// How many of the free frames CPUs have zeroed ahead.
#[must_use]
pub fn zeroed_count() -> u64 {
    cache::zeroed_count()
}

/// How many frames there are, but for those that the kernel keeps for good.
#[must_use]
pub fn total() -> u64 {
    with_frames(|frames| frames.total())
}

/// How many frames an owner has.
#[must_use]
pub fn count(owner: Owner) -> u64 {
    if owner == Owner::Free { free_count() } else { metadata::owned_by(owner) }
}
