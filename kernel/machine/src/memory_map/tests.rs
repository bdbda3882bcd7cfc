//! Fragmented maps, maps that lie over each other, and firmware tables in odd places.

extern crate std;
use std::vec;
use std::vec::Vec;

use bootloader_api::info::{MemoryRegion, MemoryRegionKind};
use x86_64::PhysAddr;

use super::{MemoryMap, Page, Ranges, pages};
use crate::acpi::{Memory, tests as tables};
use crate::local_apic::Access;

fn at(start: u64, end: u64) -> core::ops::Range<PhysAddr> {
    PhysAddr::new(start)..PhysAddr::new(end)
}

fn list<const PLACES: usize>(ranges: &Ranges<PLACES>) -> Vec<(u64, u64)> {
    ranges.iter().map(|range| (range.start.as_u64(), range.end.as_u64())).collect()
}

#[test]
fn what_touches_becomes_one_in_any_order() {
    let mut ranges = Ranges::<8>::new();
    for (start, end) in
        [(0x5000, 0x6000), (0x1000, 0x2000), (0x3000, 0x5000), (0x1800, 0x2800), (0x9000, 0x9000)]
    {
        ranges.add(at(start, end));
    }
    assert_eq!(list(&ranges), [(0x1000, 0x2800), (0x3000, 0x6000)]);
    ranges.add(at(0x2800, 0x3000));
    assert_eq!(list(&ranges), [(0x1000, 0x6000)]);
    assert_eq!((ranges.total(), ranges.dropped()), (0x5000, 0));
}

#[test]
fn a_full_list_keeps_the_largest_and_counts_the_rest() {
    let mut ranges = Ranges::<3>::new();
    for (start, end) in
        [(0x1000, 0x3000), (0x5000, 0x6000), (0x8000, 0xa000), (0x2_0000, 0x8_0000), (0x10_0000, 0x10_0800)]
    {
        ranges.add(at(start, end));
    }
    assert_eq!(list(&ranges), [(0x1000, 0x3000), (0x8000, 0xa000), (0x2_0000, 0x8_0000)]);
    assert_eq!(ranges.dropped(), 0x1000 + 0x800);
}

#[test]
fn a_hole_splits_shortens_and_removes() {
    let mut ranges = Ranges::<8>::new();
    ranges.add(at(0x1000, 0x9000));
    ranges.add(at(0xa000, 0xb000));
    ranges.add(at(0xc000, 0xe000));
    ranges.remove(&at(0x4000, 0x5000));
    ranges.remove(&at(0x8000, 0xd000));
    assert_eq!(list(&ranges), [(0x1000, 0x4000), (0x5000, 0x8000), (0xd000, 0xe000)]);
}

#[test]
fn what_is_taken_is_gone() {
    let mut ranges = Ranges::<4>::new();
    ranges.add(at(0x1000, 0x2000));
    ranges.add(at(0x4000, 0x8000));
    assert_eq!(ranges.take(0x3000), Some(PhysAddr::new(0x4000)));
    assert_eq!(ranges.take(0x1000), Some(PhysAddr::new(0x1000)));
    assert_eq!(ranges.take(0x2000), None);
    assert_eq!(list(&ranges), [(0x7000, 0x8000)]);
}

#[test]
fn what_is_taken_from_the_end_is_gone() {
    let mut ranges = Ranges::<8>::new();
    ranges.add(at(0x1000, 0x4000));
    ranges.add(at(0x5000, 0x6000));
    assert_eq!(ranges.take_last(0x2000), Some(PhysAddr::new(0x2000)));
    assert_eq!(ranges.take_last(0x1000), Some(PhysAddr::new(0x5000)));
    assert_eq!(list(&ranges), [(0x1000, 0x2000)]);
    assert_eq!(ranges.take_last(0x2000), None);
}

#[test]
fn large_pages_are_where_a_whole_one_is_memory() {
    let all: Vec<Page> = pages(at(0x1f_f000, 0x60_1000)).collect();
    let page = |start, large| Page { start: PhysAddr::new(start), large };
    assert_eq!(
        all,
        [page(0x1f_f000, false), page(0x20_0000, true), page(0x40_0000, true), page(0x60_0000, false)]
    );
}

fn region(start: u64, end: u64, kind: MemoryRegionKind) -> MemoryRegion {
    MemoryRegion { start, end, kind }
}

const USABLE: MemoryRegionKind = MemoryRegionKind::Usable;
const RESERVED: MemoryRegionKind = MemoryRegionKind::UnknownBios(2);

struct Nothing;

impl Memory for Nothing {
    fn read(&self, _address: u64, _length: usize) -> Option<&[u8]> {
        None
    }
}

#[test]
fn only_memory_is_mapped_cached() {
    // QEMU's q35 with 256 MiB, and a reserved hole of 12 GiB below 1 TiB, as it has for some CPUs.
    let map = MemoryMap::new(
        &[
            region(0, 0x9_fc00, USABLE),
            region(0x9_fc00, 0xa_0000, RESERVED),
            region(0xf_0000, 0x10_0000, RESERVED),
            region(0x10_0000, 0x50_0000, MemoryRegionKind::Bootloader),
            region(0x50_0000, 0xffd_f000, USABLE),
            region(0xffd_f000, 0x1000_0000, RESERVED),
            region(0xb000_0000, 0xc000_0000, RESERVED),
            region(0xfd_0000_0000, 0x100_0000_0000, RESERVED),
        ],
        &Nothing,
        Some(0xf_5000),
        Access::Memory(PhysAddr::new(0xfee0_0000)),
    );
    assert_eq!(list(&map.memory), [(0, 0x9_f000), (0x10_0000, 0xffd_f000)]);
    assert_eq!(list(&map.usable), [(0, 0x9_f000), (0x50_0000, 0xffd_f000)]);
    assert_eq!(list(&map.devices), [(0xfee0_0000, 0xfee0_1000)]);
    assert_eq!((list(&map.tables), map.unused()), (vec![], 0));
}

#[test]
fn cpus_wake_in_usable_memory() {
    let page =
        |regions: &[MemoryRegion]| MemoryMap::new(regions, &Nothing, None, Access::Registers).low_page();
    // The page that was used without a look at the map, 0x8000, is reserved here.
    let map =
        [region(0, 0x8000, USABLE), region(0x8000, 0xa000, RESERVED), region(0x10_0000, 0x20_0000, USABLE)];
    assert_eq!(page(&map), Some(PhysAddr::new(0x7000)));
    assert_eq!(page(&[region(0, 0x9_fc00, USABLE)]), Some(PhysAddr::new(0x9_e000)));
    assert_eq!(page(&[region(0xf_0000, 0x20_0000, USABLE)]), Some(PhysAddr::new(0xf_f000)));
    assert_eq!(page(&[region(0, 0x1fff, USABLE), region(0x10_0000, 0x20_0000, USABLE)]), None);
}

#[test]
fn reserved_wins_where_pieces_lie_over_each_other() {
    let acpi = MemoryRegionKind::UnknownUefi(9);
    let map = MemoryMap::new(
        &[
            region(0x10_0000, 0x20_0000, USABLE),
            region(0x18_0800, 0x18_1000, RESERVED),
            region(0x1f_0000, 0x21_0000, acpi),
        ],
        &Nothing,
        None,
        Access::Registers,
    );
    assert_eq!(list(&map.memory), [(0x10_0000, 0x18_0000), (0x18_1000, 0x21_0000)]);
    assert_eq!(list(&map.usable), [(0x10_0000, 0x18_0000), (0x18_1000, 0x1f_0000)]);
}

#[test]
fn a_thousand_pieces_keep_the_largest() {
    let mut regions: Vec<_> =
        (1..=1000).map(|piece| region(piece << 24, (piece << 24) + 0x1000, USABLE)).collect();
    regions.push(region(1 << 40, (1 << 40) + (60 << 30), USABLE));
    let map = MemoryMap::new(&regions, &Nothing, None, Access::Registers);
    assert_eq!(map.usable.total(), (60 << 30) + 255 * 0x1000);
    assert_eq!(map.usable.dropped(), 745 * 0x1000);
}

#[test]
fn tables_and_controllers_are_mapped_where_they_are() {
    let controller = [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0];
    let image = tables::image(&controller);
    // The tables, at 0x100 to 0x500, lie outside of memory.
    let map = MemoryMap::new(&[region(0x1000, 0x8000, USABLE)], &image, Some(0x100), Access::Registers);
    assert_eq!(list(&map.tables), [(0, 0x1000)]);
    assert_eq!(list(&map.devices), [(0xfec0_0000, 0xfec0_1000)]);
    // And inside of it they are mapped already.
    let map = MemoryMap::new(&[region(0, 0x8000, USABLE)], &image, Some(0x100), Access::Registers);
    assert_eq!(list(&map.tables), []);
}
