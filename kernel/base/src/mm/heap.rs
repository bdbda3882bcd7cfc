//! The kernel heap: `talc` behind a leaf lock.
//!
//! `GlobalAlloc` has no token parameter, so anything may allocate with anything held; the heap is a leaf. Its
//! memory is taken once at boot. What a user can size will use fallible allocation.

use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use talc::DefaultBinning;
use talc::base::Talc;
use talc::source::Manual;

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::mm::fallible;
use crate::mm::frames::{self, FRAME_SIZE};
use machine::direct_map::direct;

/// The heap may have this part of all frames at most: one in so many.
const SHARE: u64 = 4;
/// And this many bytes at most.
const LARGEST: u64 = 64 << 20;
/// With less than this the kernel does not start.
const SMALLEST: u64 = 1 << 20;

/// There is not enough memory for a heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLittleMemory;

impl fmt::Display for TooLittleMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "no {} MiB of neighbouring memory for the heap; start with more memory",
            SMALLEST >> 20
        )
    }
}

impl core::error::Error for TooLittleMemory {}

/// The allocator, to be `#[global_allocator]`.
pub(crate) struct KernelHeap(LeafLock<Talc<Manual, DefaultBinning>>);

impl fmt::Debug for KernelHeap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KernelHeap({:?})", self.0.name())
    }
}

impl KernelHeap {
    /// A heap without memory.
    #[must_use]
    pub(crate) const fn new() -> Self {
        Self(LeafLock::new(Leaf::Heap, Talc::new(Manual)))
    }

    /// Runs an operation of this module on the allocator.
    fn with<O>(&self, operation: impl FnOnce(&mut Talc<Manual, DefaultBinning>) -> O) -> O {
        // SAFETY: the operations are the allocator's own, whose source of memory is `Manual`: it asks nobody for more.
        unsafe { self.0.with(operation) }
    }
}

// SAFETY: `talc` gives out disjoint blocks of its layout's size and alignment from memory that is its own;
// the leaf lock makes each call alone. A block from the reserve is one of these, of the same layout, that belongs to the
// caller alone from then on.
unsafe impl GlobalAlloc for KernelHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout has a size other than 0, as `GlobalAlloc` demands.
        let Some(block) = self.with(|talc| unsafe { talc.allocate(layout) }) else {
            // Counted already, when it was laid there.
            return fallible::reserved(layout).map_or(core::ptr::null_mut(), NonNull::as_ptr);
        };
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        block.as_ptr()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller got this block from `alloc` with this layout.
        self.with(|talc| unsafe { talc.deallocate(block, layout) });
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
    }
}

/// Bytes that are in use.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

/// How many bytes are in use.
pub fn allocated() -> usize {
    ALLOCATED.load(Ordering::Relaxed)
}

/// The heap of the kernel; on a host, where only tests run, the host's own is used.
#[cfg_attr(target_os = "none", global_allocator)]
static HEAP: KernelHeap = KernelHeap::new();

/// Gives the heap its memory. Once, at boot, after the frames. Gives its size in bytes.
///
/// # Errors
///
/// [`TooLittleMemory`], with which nothing can be done but stop.
pub(crate) fn initialise() -> Result<u64, TooLittleMemory> {
    let mut size = (frames::free_count() / SHARE * FRAME_SIZE).min(LARGEST);
    loop {
        if size < SMALLEST {
            return Err(TooLittleMemory);
        }
        if let Some(start) = frames::allocate_for_good(size / FRAME_SIZE) {
            let length = usize::try_from(size).map_err(|_| TooLittleMemory)?;
            let start = direct(start.start_address().as_u64());
            // SAFETY: the frames were never used and are the heap's for good; the direct map covers them.
            HEAP.with(|talc| unsafe { talc.claim(start, length) }).ok_or(TooLittleMemory)?;
            return Ok(size);
        }
        size = size / 2 / FRAME_SIZE * FRAME_SIZE;
    }
}
