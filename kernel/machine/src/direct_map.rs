//! The direct map: all physical memory, side by side, at one address.

use x86_64::PhysAddr;

/// Where physical memory is mapped: what of it, and how, is up to [`memory_map`](super::memory_map).
pub const DIRECT_MAP: u64 = 0xffff_8000_0000_0000;

/// End of the physical memory that the direct map can cover: 64 TiB, where [`paging::STACKS`](super::paging::STACKS) begin.
pub const DIRECT_MAP_END: u64 = 64 << 40;

/// End of the physical memory that it covers before the kernel has page tables of its own.
pub const EARLY_DIRECT_MAP_END: u64 = 4 << 30;

/// Where the direct map has what stands at a physical address below [`DIRECT_MAP_END`].
///
/// # Panics
///
/// When the address lies beyond the direct map.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "addresses are 64 bits wide on this machine")]
pub const fn direct<T>(physical: PhysAddr) -> *mut T {
    assert!(physical.as_u64() < DIRECT_MAP_END, "physical address beyond the direct map");
    core::ptr::with_exposed_provenance_mut((DIRECT_MAP + physical.as_u64()) as usize)
}
