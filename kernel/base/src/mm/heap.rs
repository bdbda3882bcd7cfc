//! The kernel heap: magazines of each CPU in front of `talc`, which is behind a leaf lock.
//!
//! `GlobalAlloc` has no token parameter, so anything may allocate with anything held; the heap is a leaf. Most blocks come from
//! `magazines`, without a lock. The memory is taken once at boot. When it is used up, this CPU's magazines are given back and
//! the block is tried again; what a user can size uses fallible allocation.

mod magazines;

use core::alloc::{GlobalAlloc, Layout};
use core::fmt;
use core::ptr::{self, NonNull};

use magazines::{BATCH, Class};
use talc::DefaultBinning;
use talc::base::Talc;
use talc::source::Manual;

use crate::leaf::LeafLock;
use crate::leaves::Leaf;
use crate::mm::fallible;
use crate::mm::frames::{self, FRAME_SIZE, Owner};
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

    /// Blocks of a class, one of them for the caller, the others into this CPU's magazine.
    #[cold]
    fn refill(&self, class: Class) -> Option<NonNull<u8>> {
        let mut blocks = [ptr::null_mut(); BATCH];
        let count = self.with(|talc| {
            for (count, place) in blocks[..class.batch()].iter_mut().enumerate() {
                // SAFETY: a class's blocks have a size.
                let Some(block) = (unsafe { talc.allocate(class.layout()) }) else { return count };
                *place = block.as_ptr();
            }
            class.batch()
        });
        let (own, others) = blocks[..count].split_last()?;
        let fit = magazines::fill(class, others);
        self.give_back(class, &others[fit..]);
        NonNull::new(*own)
    }

    /// Gives blocks of a class back.
    #[cold]
    fn give_back(&self, class: Class, blocks: &[*mut u8]) {
        if blocks.is_empty() {
            return;
        }
        self.with(|talc| {
            for &block in blocks {
                // SAFETY: the block was allocated with this layout, by `refill`, and is in no magazine any more.
                unsafe { talc.deallocate(block, class.layout()) }
            }
        });
    }

    /// Gives a block back whose CPU's magazine is full, and half of the magazine with it.
    #[cold]
    fn give_back_to_full(&self, class: Class, block: *mut u8) {
        magazines::take_surplus(class, |blocks| self.give_back(class, blocks));
        self.give_back(class, &[block]);
    }

    /// A block of `talc`'s, or of the class's where the layout has one.
    #[cold]
    fn allocate_behind(&self, layout: Layout, class: Option<Class>) -> Option<NonNull<u8>> {
        match class {
            Some(class) => self.refill(class),
            // SAFETY: the layout's size is not 0, as `GlobalAlloc` demands.
            None => self.with(|talc| unsafe { talc.allocate(layout) }),
        }
    }
}

// SAFETY: `talc` gives out disjoint blocks of its layout's size and alignment from memory that is its own;
// the leaf lock makes each call alone. A block of a magazine is one of these, of the layout's class, which is as large and as
// much aligned, and in one magazine only; a layout always has the same class. A block from the reserve is one of these, of the
// same layout, that belongs to the caller alone from then on.
unsafe impl GlobalAlloc for KernelHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = Class::of(layout);
        if let Some(class) = class
            && let Some(block) = magazines::take(class, layout.size())
        {
            return block;
        }
        let mut block = self.allocate_behind(layout, class);
        if block.is_none() && magazines::flush(|class, blocks| self.give_back(class, blocks)) {
            block = self.allocate_behind(layout, class);
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
                self.give_back_to_full(class, block);
                magazines::count_given(layout.size());
            }
            return;
        }
        // SAFETY: the caller got this block from `alloc` with this layout, which has no class: it is `talc`'s.
        self.with(|talc| unsafe { talc.deallocate(block, layout) });
        magazines::count_given(layout.size());
    }
}

/// How many bytes are in use.
#[must_use]
pub fn allocated() -> usize {
    magazines::in_use()
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
        if let Some(start) = frames::allocate_run(size / FRAME_SIZE, FRAME_SIZE, Owner::Kernel) {
            let length = usize::try_from(size).map_err(|_| TooLittleMemory)?;
            let start = direct(start.start_address());
            // SAFETY: the frames were never used and are the heap's for good; the direct map covers them.
            HEAP.with(|talc| unsafe { talc.claim(start, length) }).ok_or(TooLittleMemory)?;
            return Ok(size);
        }
        size = size / 2 / FRAME_SIZE * FRAME_SIZE;
    }
}
