//! Which physical memory there is, and how the direct map has it.
//!
//! A boot loader's map is what firmware said: it may have any number of pieces, out of order, and one may lie over
//! another. [`MemoryMap`] makes three disjoint lists of it, which the page tables are made of:
//!
//! | list | what | mapped |
//! |---|---|---|
//! | `memory` | memory, in use or not, and what ACPI calls its own memory | writable, cached |
//! | `tables` | pages of firmware tables that lie outside of that | read-only, cached |
//! | `devices` | the local APIC where the CPU says that it is, I/O APICs where the MADT says that they are | writable, uncached |
//!
//! Nothing else is mapped: a cached mapping of a device's registers lets the CPU read them ahead of time, and memory
//! types of one page that disagree are undefined (Intel SDM volume 3, section 12.12.4).
//!
//! A list has a fixed number of places, since it is made before there is a heap. When it is full it keeps the largest
//! pieces and counts what it drops, for the boot code to say.

use core::cell::RefCell;
use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use bootloader_api::info::{MemoryRegion, MemoryRegionKind};
use x86_64::PhysAddr;

use super::acpi::{self, Memory};
use super::direct_map::DIRECT_MAP_END;
use super::local_apic::Access;

/// Bytes of a small page.
const PAGE: u64 = 4096;
/// What real mode reaches.
const MEGABYTE: u64 = 1 << 20;
/// Bytes of a large page.
const LARGE_PAGE: u64 = 2 << 20;

/// Bytes of memory that the boot code has dropped from the boot loader's map.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Notes that the boot code has dropped `bytes` of memory from the map.
#[cfg_attr(not(target_os = "none"), allow(dead_code, reason = "only the boot code calls it"))]
pub(super) fn note_dropped(bytes: u64) {
    DROPPED.fetch_add(bytes, Ordering::Relaxed);
}

/// Whether a piece of the boot loader's map is memory that the kernel may read and write.
#[must_use]
pub fn is_memory(kind: MemoryRegionKind) -> bool {
    match kind {
        MemoryRegionKind::Usable | MemoryRegionKind::Bootloader => true,
        // UEFI 2.10, table 7.10: memory for ACPI tables, and for ACPI to keep.
        MemoryRegionKind::UnknownUefi(kind) => matches!(kind, 9 | 10),
        // ACPI 6.5, table 15.4: the same two.
        MemoryRegionKind::UnknownBios(kind) => matches!(kind, 3 | 4),
        _ => false,
    }
}

/// Ranges of physical addresses in increasing order, none touching another.
#[derive(Clone, Debug)]
pub struct Ranges<const PLACES: usize> {
    places: [(u64, u64); PLACES],
    count: usize,
    /// Bytes that found no place.
    dropped: u64,
}

impl<const PLACES: usize> Ranges<PLACES> {
    /// No range.
    #[must_use]
    pub const fn new() -> Self {
        Self { places: [(0, 0); PLACES], count: 0, dropped: 0 }
    }

    /// Bytes that were added and are not in the list, since smaller ranges give way to larger ones when it is full.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The ranges.
    pub fn iter(&self) -> impl Iterator<Item = Range<PhysAddr>> + '_ {
        let address = PhysAddr::new_truncate;
        self.places[..self.count].iter().map(move |&(start, end)| address(start)..address(end))
    }

    /// Bytes of all ranges.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.places[..self.count].iter().map(|(start, end)| end - start).sum()
    }

    /// Takes a range out of the list.
    fn take_out(&mut self, index: usize) -> (u64, u64) {
        let range = self.places[index];
        self.places.copy_within(index + 1..self.count, index);
        self.count -= 1;
        range
    }

    /// Makes place for `size` bytes if the list is full; says whether there is one now.
    fn make_place(&mut self, size: u64) -> bool {
        if self.count < PLACES {
            return true;
        }
        let sizes = self.places.iter().map(|(start, end)| end - start);
        let Some((index, least)) = sizes.enumerate().min_by_key(|&(_, size)| size) else { return false };
        self.dropped += least.min(size);
        if least < size {
            self.take_out(index);
        }
        least < size
    }

    /// Adds a range, joined with what it touches or lies over.
    pub fn add(&mut self, range: Range<PhysAddr>) {
        let (mut start, mut end) = (range.start.as_u64(), range.end.as_u64());
        if start >= end {
            return;
        }
        let mut index = 0;
        while index < self.count {
            let (other_start, other_end) = self.places[index];
            if other_end < start {
                index += 1;
            } else if other_start <= end {
                (start, end) = (start.min(other_start), end.max(other_end));
                self.take_out(index);
            } else {
                break;
            }
        }
        if self.make_place(end - start) {
            let index = self.places[..self.count].partition_point(|&(other, _)| other < start);
            self.places.copy_within(index..self.count, index + 1);
            self.places[index] = (start, end);
            self.count += 1;
        }
    }

    /// Removes a range of addresses from all ranges.
    pub fn remove(&mut self, range: &Range<PhysAddr>) {
        let (start, end) = (range.start.as_u64(), range.end.as_u64());
        let mut index = 0;
        while index < self.count {
            let (other_start, other_end) = self.places[index];
            if other_end <= start || end <= other_start {
                index += 1;
                continue;
            }
            self.take_out(index);
            let address = PhysAddr::new_truncate;
            self.add(address(other_start)..address(start.max(other_start)));
            self.add(address(end.min(other_end))..address(other_end));
        }
    }

    /// Takes `size` bytes from the first range that is large enough.
    pub fn take(&mut self, size: u64) -> Option<PhysAddr> {
        let index = self.places[..self.count].iter().position(|(start, end)| end - start >= size)?;
        let start = self.places[index].0;
        self.places[index].0 += size;
        if self.places[index].0 == self.places[index].1 {
            self.take_out(index);
        }
        Some(PhysAddr::new_truncate(start))
    }

    /// Takes `size` bytes from the end of the last range that is large enough.
    pub fn take_last(&mut self, size: u64) -> Option<PhysAddr> {
        let index = self.places[..self.count].iter().rposition(|(start, end)| end - start >= size)?;
        self.places[index].1 -= size;
        let (start, end) = self.places[index];
        if start == end {
            self.take_out(index);
        }
        Some(PhysAddr::new_truncate(end))
    }

    /// The whole pages in each range.
    #[must_use]
    pub fn whole_pages(&self) -> Self {
        let mut pages = Self::new();
        pages.dropped = self.dropped;
        for range in self.iter() {
            pages.add(range.start.align_up(PAGE)..range.end.align_down(PAGE));
        }
        pages
    }
}

impl<const PLACES: usize> Default for Ranges<PLACES> {
    fn default() -> Self {
        Self::new()
    }
}

/// A page of the direct map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it begins.
    pub start: PhysAddr,
    /// Whether it is one of 2 MiB.
    pub large: bool,
}

/// The pages that cover a range of whole small pages: large ones where a whole one lies inside.
pub fn pages(range: Range<PhysAddr>) -> impl Iterator<Item = Page> {
    let mut next = range.start;
    core::iter::from_fn(move || {
        let start = next;
        if start >= range.end {
            return None;
        }
        let large = start.is_aligned(LARGE_PAGE) && range.end - start >= LARGE_PAGE;
        next += if large { LARGE_PAGE } else { PAGE };
        Some(Page { start, large })
    })
}

/// The most pieces of memory.
pub const PIECES: usize = 256;
/// The most pieces of firmware tables, and of devices.
const FEW: usize = 32;

/// Physical memory, as the kernel uses it.
#[derive(Clone, Debug)]
pub struct MemoryMap {
    /// Memory that nobody uses yet, by whole pages.
    pub usable: Ranges<PIECES>,
    /// All memory, by whole pages.
    pub memory: Ranges<PIECES>,
    /// Firmware tables outside of it, by whole pages.
    pub tables: Ranges<FEW>,
    /// Registers of devices.
    pub devices: Ranges<FEW>,
    /// Bytes beyond what the direct map can cover.
    beyond: u64,
}

impl MemoryMap {
    /// What the boot loader's map says, with the tables and devices that the firmware's tables under `root` name, read
    /// from `firmware`, and the local APIC's registers, where they are in memory.
    pub fn new(
        regions: &[MemoryRegion],
        firmware: &impl Memory,
        root: Option<u64>,
        local_apic: Access,
    ) -> Self {
        let end = |address: u64| PhysAddr::new(address.min(DIRECT_MAP_END));
        let range = |region: &MemoryRegion| end(region.start)..end(region.end);
        let mut usable = Ranges::new();
        let mut memory = Ranges::new();
        let mut beyond = 0;
        for region in regions.iter().filter(|region| is_memory(region.kind)) {
            memory.add(range(region));
            if region.kind == MemoryRegionKind::Usable {
                usable.add(range(region));
                beyond += region.end.saturating_sub(region.start.max(DIRECT_MAP_END));
            }
        }
        // Where pieces lie over each other the one that says less is right.
        for region in regions.iter().filter(|region| region.kind != MemoryRegionKind::Usable) {
            usable.remove(&range(region));
            if !is_memory(region.kind) {
                memory.remove(&range(region));
            }
        }
        let page = |address: PhysAddr| {
            let start = address.align_down(PAGE);
            start..start + PAGE
        };
        let mut devices = Ranges::new();
        if let Access::Memory(local_apic) = local_apic {
            devices.add(page(local_apic));
        }
        let notes = Notes { memory: firmware, read: RefCell::new(Ranges::new()) };
        if let Some(root) = root {
            // Damaged tables are said to be so by whoever needs what is in them.
            let _ = acpi::each_io_apic(&notes, root, |address| devices.add(page(end(address))));
        }
        let mut tables = notes.read.into_inner();
        for device in devices.iter() {
            memory.remove(&device);
            usable.remove(&device);
            tables.remove(&device);
        }
        let memory = memory.whole_pages();
        memory.iter().for_each(|memory| tables.remove(&memory));
        Self { usable: usable.whole_pages(), memory, tables, devices, beyond }
    }

    /// A page that CPUs can wake in: the highest that is usable below one megabyte, and not the first, which real mode has
    /// its vectors in.
    #[must_use]
    pub fn low_page(&self) -> Option<PhysAddr> {
        let low = self.usable.iter().take_while(|range| range.start.as_u64() < MEGABYTE);
        let last = low.map(|range| range.end.min(PhysAddr::new(MEGABYTE)) - PAGE).last();
        last.filter(|page| page.as_u64() >= PAGE)
    }

    /// Bytes of memory that are not used: beyond the direct map, or in more pieces than there are places.
    #[must_use]
    pub fn unused(&self) -> u64 {
        self.beyond + self.usable.dropped() + self.memory.dropped() + DROPPED.load(Ordering::Relaxed)
    }
}

/// Memory that notes the pages that are read: what the parser reads before the kernel has page tables of its own is
/// what it reads after.
struct Notes<'a, M> {
    memory: &'a M,
    read: RefCell<Ranges<FEW>>,
}

impl<M: Memory> Memory for Notes<'_, M> {
    fn read(&self, address: u64, length: usize) -> Option<&[u8]> {
        let bytes = self.memory.read(address, length)?;
        let start = PhysAddr::try_new(address).ok()?;
        let end = start + u64::try_from(length).ok()?;
        self.read.borrow_mut().add(start.align_down(PAGE)..end.align_up(PAGE));
        Some(bytes)
    }
}

#[cfg(test)]
mod tests;
