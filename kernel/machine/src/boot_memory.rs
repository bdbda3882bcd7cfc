//! What both ways to boot leave behind: the memory map and the boot information, in the kernel's own image.
//!
//! A boot loader's own memory is not mapped any more once the kernel has page tables of its own.

use bootloader_api::BootInfo;
use bootloader_api::info::{MemoryRegion, MemoryRegionKind, MemoryRegions};

/// Rows that a memory map may have here; what lies beyond is not used.
const REGIONS: usize = 256;

/// The memory map that the kernel gets, in increasing order of address.
pub(super) struct RegionList {
    regions: [MemoryRegion; REGIONS],
    count: usize,
}

impl RegionList {
    /// Adds a region; one that goes on where the last one ends, and is of its kind, becomes a part of it.
    pub(super) fn push(&mut self, start: u64, end: u64, kind: MemoryRegionKind) {
        if start >= end {
            return;
        }
        let last = self.count.checked_sub(1).map(|last| &mut self.regions[last]);
        if let Some(last) = last.filter(|last| last.end == start && last.kind == kind) {
            last.end = end;
        } else if let Some(slot) = self.regions.get_mut(self.count) {
            *slot = MemoryRegion { start, end, kind };
            self.count += 1;
        }
    }

    /// Usable memory from `start` to `end`, less what is in use already.
    pub(super) fn push_usable(&mut self, mut start: u64, end: u64, in_use: &[(u64, u64)]) {
        for &(used_start, used_end) in in_use {
            if used_end <= start || used_start >= end {
                continue;
            }
            self.push(start, used_start, MemoryRegionKind::Usable);
            self.push(start.max(used_start), end.min(used_end), MemoryRegionKind::Bootloader);
            start = end.min(used_end);
        }
        self.push(start, end, MemoryRegionKind::Usable);
    }

    /// The regions, as the boot information has them.
    pub(super) fn regions(&'static mut self) -> MemoryRegions {
        MemoryRegions::from(&mut self.regions[..self.count])
    }
}

/// The place of the memory map.
///
/// # Safety
///
/// Called once, by the first CPU, before anything else runs.
pub(super) unsafe fn list() -> &'static mut RegionList {
    static mut LIST: RegionList = RegionList { regions: [MemoryRegion::empty(); REGIONS], count: 0 };
    // SAFETY: the only place that names it, once, as the caller says.
    unsafe { &mut *(&raw mut LIST) }
}

/// Puts the boot information where it stays.
///
/// # Safety
///
/// Called once, by the first CPU, before anything else runs.
pub(super) unsafe fn keep(boot_info: BootInfo) -> &'static mut BootInfo {
    static mut BOOT_INFO: Option<BootInfo> = None;
    // SAFETY: the only place that names it, once, as the caller says.
    unsafe { (*(&raw mut BOOT_INFO)).insert(boot_info) }
}
