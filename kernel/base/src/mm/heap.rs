//! The kernel heap: as large as what is in use.
//!
//! | size of a block | where it comes from |
//! |---|---|
//! | to 2 KiB | this CPU's `magazines`, without a lock; behind them `slabs`, a frame each |
//! | more, to a page | a frame, from those that this CPU keeps |
//! | more | a run of neighbouring frames |
//!
//! All of it is memory of the frame allocator's, taken when it is needed and given back when it is free
//! (`docs/decisions/0023`). `GlobalAlloc` has no token parameter, so anything may allocate with anything held; the heap is a
//! leaf. When memory is used up, this CPU's magazines are given back and the block is tried again; what a user can size uses
//! fallible allocation. Large blocks leave a reserve to small ones, parts of which cannot fail.

mod magazines;
mod slabs;

use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ptr::{self, NonNull};

use machine::direct_map::{DIRECT_MAP, direct};
use magazines::{BATCH, Class};
use slabs::{Heads, SLAB, Slabs};
use x86_64::PhysAddr;
use x86_64::structures::paging::PhysFrame;

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::mm::fallible;
use crate::mm::frames::{self, FRAME_SIZE, Frame, Owner, metadata};

/// With less than this the kernel does not start.
const SMALLEST: u64 = 1 << 20;

/// There is not enough memory for a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLittleMemory;

impl fmt::Display for TooLittleMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no {} MiB of memory for the heap; start with more memory", SMALLEST >> 20)
    }
}

impl core::error::Error for TooLittleMemory {}

/// Notes of slabs in their frames' entries.
#[derive(Debug)]
struct InEntries;

impl Heads for InEntries {
    fn head(&self, slab: *mut u8) -> u16 {
        metadata::of(frame_at(slab)).note()
    }

    fn set_head(&mut self, slab: *mut u8, head: u16) {
        metadata::of(frame_at(slab)).set_note(head);
    }
}

/// The frame that a block of the heap begins in.
fn frame_at(block: *mut u8) -> PhysFrame {
    PhysFrame::containing_address(PhysAddr::new(block.addr() as u64 - DIRECT_MAP))
}

/// The slabs of each class. Which of them have free blocks, and which these are, is behind a leaf of each.
static SLABS: [LeafLock<Slabs<InEntries>>; Class::COUNT] =
    [const { LeafLock::new(Leaf::Heap, Slabs::new(InEntries)) }; Class::COUNT];

/// Runs an operation of this module on the slabs of a class.
fn with_slabs<O>(class: Class, operation: impl FnOnce(&mut Slabs<InEntries>) -> O) -> O {
    // SAFETY: the operations take blocks out of slabs and put them in.
    unsafe { SLABS[class.number()].with(operation) }
}

/// Blocks of a class, one of them for the caller, the others into this CPU's magazine.
#[cold]
fn refill(class: Class) -> Option<NonNull<u8>> {
    let mut blocks = [ptr::null_mut(); BATCH];
    let wanted = &mut blocks[..class.batch()];
    let mut count = with_slabs(class, |slabs| slabs.take(wanted));
    if count == 0 {
        let slab = direct(frames::allocate_for(Owner::Slab)?.mapped().start_address());
        // SAFETY: the frame is new, the direct map covers it, and it is this class's until it comes back.
        count = with_slabs(class, |slabs| unsafe { slabs.add(slab, class.size(), wanted) });
    }
    let (own, others) = blocks[..count].split_last()?;
    let fit = magazines::fill(class, others);
    give_back(class, &others[fit..]);
    NonNull::new(*own)
}

/// Gives blocks of a class back, a batch at most, and the slabs that are free then.
#[cold]
fn give_back(class: Class, blocks: &[*mut u8]) {
    let mut free = [None; BATCH];
    with_slabs(class, |slabs| {
        for (&block, free) in blocks.iter().zip(&mut free) {
            // SAFETY: the block is of the class, from `refill`, and in no magazine any more.
            *free = unsafe { slabs.give_back(block, SLAB / class.size()) };
        }
    });
    for slab in free.into_iter().flatten() {
        // SAFETY: the frame came from `refill`, and none of its blocks is in use.
        frames::free(unsafe { Frame::unmapped(frame_at(slab)) });
    }
}

/// Gives a block back whose CPU's magazine is full, and half of the magazine with it.
#[cold]
fn give_back_to_full(class: Class, block: *mut u8) {
    magazines::take_surplus(class, |blocks| give_back(class, blocks));
    give_back(class, &[block]);
}

/// Gives this CPU's magazines back to the slabs; says whether there was anything. Legal anywhere.
pub(super) fn flush() -> bool {
    magazines::flush(give_back)
}

/// How many frames a large block has.
const fn frames_of(layout: Layout) -> u64 {
    (layout.size() as u64).div_ceil(FRAME_SIZE)
}

/// A large block.
#[cold]
fn allocate_large(layout: Layout) -> Option<NonNull<u8>> {
    let frame = if is_one_frame(layout) {
        frames::allocate_for(Owner::Heap)?.mapped()
    } else {
        frames::allocate_run(frames_of(layout), layout.align() as u64, Owner::Heap)?
    };
    NonNull::new(direct(frame.start_address()))
}

/// Whether a large block is one frame, whichever.
const fn is_one_frame(layout: Layout) -> bool {
    frames_of(layout) == 1 && layout.align() as u64 <= FRAME_SIZE
}

/// Gives a large block back.
///
/// # Safety
///
/// It came from [`allocate_large`] with this layout, and nobody uses it any more.
#[cold]
unsafe fn free_large(block: *mut u8, layout: Layout) {
    let first = frame_at(block);
    if is_one_frame(layout) {
        // SAFETY: the frame came from `allocate_large`, and nobody uses it.
        frames::free(unsafe { Frame::unmapped(first) });
    } else {
        frames::free_run(first, frames_of(layout));
    }
}

/// A block from behind the magazines.
#[cold]
fn allocate_behind(layout: Layout, class: Option<Class>) -> Option<NonNull<u8>> {
    class.map_or_else(|| allocate_large(layout), refill)
}

/// The allocator, to be `#[global_allocator]`.
#[derive(Debug)]
pub(crate) struct KernelHeap;

// SAFETY: slabs and runs of frames are memory of the heap's alone. A slab's blocks are disjoint, of the class's size and
// alignment, and each is with its owner, in one magazine or free in its slab; a layout always has the same class. A run is as
// long and as much aligned as its layout says. A block from the reserve is one of these, of the same layout, that belongs to
// the caller alone from then on.
unsafe impl GlobalAlloc for KernelHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = Class::of(layout);
        if let Some(class) = class
            && let Some(block) = magazines::take(class, layout.size())
        {
            return block;
        }
        let mut block = allocate_behind(layout, class);
        if block.is_none() && flush() {
            block = allocate_behind(layout, class);
        }
        let Some(block) = block else {
            // Counted already, when it was laid there.
            return fallible::reserved(layout).map_or(ptr::null_mut(), NonNull::as_ptr);
        };
        magazines::count_taken(layout.size());
        block.as_ptr()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(class) = Class::of(layout) {
            if !magazines::give_back(class, block, layout.size()) {
                give_back_to_full(class, block);
                magazines::count_given(layout.size());
            }
            return;
        }
        // SAFETY: the caller got this block from `alloc` with this layout, which has no class.
        unsafe { free_large(block, layout) }
        magazines::count_given(layout.size());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller says that the size, rounded up to the alignment, is a layout's.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        let stays = match (Class::of(layout), Class::of(new)) {
            (Some(one), Some(other)) => one == other,
            (None, None) => frames_of(layout) == frames_of(new),
            _ => false,
        };
        if stays {
            magazines::count_taken(new_size);
            magazines::count_given(layout.size());
            return block;
        }
        // SAFETY: the new layout's size is not 0, as the caller says.
        let moved = unsafe { self.alloc(new) };
        if !moved.is_null() {
            // SAFETY: both blocks are the caller's, of these sizes, and not one; the old one is given back once.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

/// How many bytes are in use.
#[must_use]
pub fn allocated() -> usize {
    magazines::in_use()
}

/// The heap of the kernel; on a host, where only tests run, the host's own is used.
#[cfg_attr(target_os = "none", global_allocator)]
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "on a host only its parts are tested"))]
static HEAP: KernelHeap = KernelHeap;

/// Sees that there is memory for the heap. At boot, after the frames.
///
/// # Errors
///
/// [`TooLittleMemory`], with which nothing can be done but stop.
pub(crate) fn check() -> Result<(), TooLittleMemory> {
    if frames::free_count() * FRAME_SIZE < SMALLEST { Err(TooLittleMemory) } else { Ok(()) }
}
