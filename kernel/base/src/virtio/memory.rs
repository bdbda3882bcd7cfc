//! Memory as the transport and the queue ask for it: frames side by side, which the direct map has.

use core::ptr::NonNull;

use virtio_drivers::{BufferDirection, Hal, PhysAddr};

use crate::mm::frames::allocate_contiguous;
use crate::mm::page::PAGE_SIZE;
use machine::direct_map::{DIRECT_MAP, direct};

/// This kernel's memory.
#[derive(Debug)]
pub(super) struct Memory;

// SAFETY: each method's argument is in it.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        // Frames that are lost to the device: a queue is made once and lives as long as the machine. Aligned to a page and
        // owned by nobody else.
        let Some(mut frames) = allocate_contiguous(pages, PAGE_SIZE as u64) else {
            // The queue takes a physical address of 0 for a failure.
            return (0, NonNull::dangling());
        };
        frames.words().fill(0);
        let start = frames.start();
        // A queue keeps its memory: the frames are not given back when their owner goes.
        (start.as_u64(), NonNull::new(direct(start)).unwrap_or(NonNull::dangling()))
    }

    unsafe fn dma_dealloc(_paddr: PhysAddr, _vaddr: NonNull<u8>, _pages: usize) -> i32 {
        // A queue that could not be set up: the device may have its address, so the frames are not used again.
        0
    }

    unsafe fn mmio_phys_to_virt(paddr: PhysAddr, _size: usize) -> NonNull<u8> {
        // The device's registers are mapped in the direct map before the transport is made.
        NonNull::new(direct(x86_64::PhysAddr::new(paddr))).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _direction: BufferDirection) -> PhysAddr {
        // Buffers are in frames, and reached through the direct map.
        buffer.cast::<u8>().as_ptr().addr() as u64 - DIRECT_MAP
    }

    unsafe fn unshare(_paddr: PhysAddr, _buffer: NonNull<[u8]>, _direction: BufferDirection) {}
}
