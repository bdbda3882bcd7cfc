//! What both ways to boot leave behind: the memory map and the boot information, in the kernel's own image.
//!
//! A boot loader's own memory is not mapped any more once the kernel has page tables of its own.

use bootloader_api::BootInfo;
use bootloader_api::info::{MemoryRegion, MemoryRegionKind, MemoryRegions};

use super::memory_map;

/// Rows that a memory map may have here. When there are more, rows that are no memory give way to those that are, and
/// small ones to large ones.
const REGIONS: usize = 256;

/// The memory map that the kernel gets, in the boot loader's order.
pub(super) struct RegionList {
    regions: [MemoryRegion; REGIONS],
    count: usize,
}

impl RegionList {
    /// What a region is worth when there are too many: memory before everything else, and large before small.
    fn worth(region: &MemoryRegion) -> (bool, u64) {
        (memory_map::is_memory(region.kind), region.end - region.start)
    }

    /// Forgets the region that is worth least, if it is worth less than `new`; whichever goes is noted.
    fn make_place(&mut self, new: &MemoryRegion) {
        if self.count < REGIONS {
            return;
        }
        let worth = |&index: &usize| Self::worth(&self.regions[index]);
        let least = (0..self.count).min_by_key(worth).filter(|index| worth(index) < Self::worth(new));
        let dropped = least.map_or(*new, |index| self.regions[index]);
        if let Some(index) = least {
            self.regions.copy_within(index + 1.., index);
            self.count -= 1;
        }
        if dropped.kind == MemoryRegionKind::Usable {
            memory_map::note_dropped(dropped.end - dropped.start);
        }
    }

    /// Adds a region; one that goes on where the last one ends, and is of its kind, becomes a part of it.
    pub(super) fn push(&mut self, start: u64, end: u64, kind: MemoryRegionKind) {
        if start >= end {
            return;
        }
        let new = MemoryRegion { start, end, kind };
        let last = self.count.checked_sub(1).map(|last| &mut self.regions[last]);
        if let Some(last) = last.filter(|last| last.end == start && last.kind == kind) {
            last.end = end;
            return;
        }
        self.make_place(&new);
        if let Some(slot) = self.regions.get_mut(self.count) {
            *slot = new;
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

#[cfg(test)]
mod tests {
    use super::{MemoryRegion, MemoryRegionKind, REGIONS, RegionList};

    #[test]
    fn a_map_of_many_rows_keeps_the_memory() {
        let mut list = RegionList { regions: [MemoryRegion::empty(); REGIONS], count: 0 };
        // More reserved rows than there are places, a small piece of memory after each, and the most memory last.
        for row in 1..=300 {
            list.push(row << 24, (row << 24) + 0x1000, MemoryRegionKind::UnknownUefi(0));
            if row <= 200 {
                list.push((row << 24) + 0x1000, (row << 24) + 0x2000, MemoryRegionKind::Usable);
            }
        }
        list.push(1 << 40, 2 << 40, MemoryRegionKind::Usable);
        let usable = || list.regions[..list.count].iter().filter(|row| row.kind == MemoryRegionKind::Usable);
        assert_eq!(usable().count(), 201);
        assert_eq!(usable().map(|row| row.end - row.start).max(), Some(1 << 40));
        assert!(list.regions.is_sorted_by_key(|row| row.start), "rows that stay keep their order");
    }
}
