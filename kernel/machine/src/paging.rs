//! The kernel's page tables.
//!
//! The boot code's tables map everything writable and executable. [`PageTables::new`] makes better ones, once:
//!
//! | range | what | how |
//! |---|---|---|
//! | [`DIRECT_MAP`] | memory, by 2 MiB pages where a whole one is memory | writable, never executed |
//! | | firmware tables outside of it | read-only, never executed |
//! | | the local and I/O APICs where the machine says that they are | writable, uncached, never executed |
//! | the image | text, constants, data, by 4 KiB pages | executable, readable, writable: one of them |
//! | [`STACKS`] | kernel stacks, each above a page that is not there | writable, never executed |
//! | [`MAPPINGS`] | frames mapped side by side for a while | as asked, never executed |
//! | the trampoline's page | where it is, while CPUs are started | executable |
//!
//! Nothing else is mapped: a null pointer faults. The tables are the same for all CPUs, and there is no lock: an
//! entry is one atomic word, written once by whoever owns its address, and a missing table is put in by a
//! compare-exchange that one CPU wins; tables are never taken out. What was not there may be added while other
//! CPUs run: no translation cache remembers that something is missing. What is taken away must be forgotten by
//! every CPU's cache before its frame is used again: the layer above sees to that (`mm::shoot_down`).

use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use bitflags::bitflags;
use x86_64::registers::control::{Cr3, Cr3Flags, Cr4, Cr4Flags};
use x86_64::structures::paging::PhysFrame;
use x86_64::{PhysAddr, VirtAddr};

use super::direct_map::{DIRECT_MAP, direct};
use super::memory_map::{MemoryMap, Page, pages};

/// The first entry of a root that is the kernel's. All of them are there from the start, and never change: a later root that
/// has copies of them has all that the kernel will ever map.
pub(super) const UPPER_HALF: usize = 256;
/// Where kernel stacks are mapped.
pub const STACKS: VirtAddr = VirtAddr::new_truncate(0xffff_c000_0000_0000);
/// Where frames are mapped side by side.
pub const MAPPINGS: VirtAddr = VirtAddr::new_truncate(0xffff_d000_0000_0000);
/// Bytes of a small page.
pub const PAGE: u64 = 4096;
/// Address bits of an entry.
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

bitflags! {
    /// What may be done with a page.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Permissions: u64 {
        /// It is there: reading.
        const PRESENT = 1;
        /// Writing.
        const WRITABLE = 1 << 1;
        /// Not cached: for devices.
        const UNCACHED = 1 << 4;
        /// Not executing.
        const NO_EXECUTE = 1 << 63;
    }
}

/// An entry that is a large page.
const LARGE: u64 = 1 << 7;

/// Memory is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

/// Where frames for tables come from.
pub trait FrameSource {
    /// A zeroed frame that belongs to the caller from now on, or `None` when memory is used up.
    fn take(&mut self) -> Option<PhysFrame>;
    /// Takes one back that was not needed after all.
    ///
    /// # Safety
    ///
    /// The frame came from [`take`](Self::take), and nothing uses it any more: no CPU can reach it by an entry.
    unsafe fn put_back(&mut self, frame: PhysFrame);
}

/// The root of the kernel's page tables.
#[derive(Debug)]
pub struct PageTables {
    pub(super) root: PhysFrame,
}

/// The root of the kernel's own tables, once a CPU has loaded it; it lives for ever.
static KERNEL_ROOT: AtomicU64 = AtomicU64::new(0);

/// Makes this CPU use the kernel's own tables again, which have no user's half. Nothing before any CPU has loaded them.
pub fn load_kernel() {
    let root = KERNEL_ROOT.load(Ordering::Acquire);
    if root != 0 {
        let root = PhysFrame::containing_address(PhysAddr::new_truncate(root));
        // SAFETY: every CPU has used them since it started, and they live for ever.
        unsafe { Cr3::write(root, Cr3Flags::empty()) }
    }
}

/// The entries of a table.
pub(super) fn entries(table: PhysFrame) -> &'static [AtomicU64; 512] {
    // SAFETY: a page-table page, made by this module, is never given back, and the direct map covers it.
    unsafe { &*direct::<[AtomicU64; 512]>(table.start_address()) }
}

/// The frame that an entry names.
pub(super) fn frame(entry: u64) -> PhysFrame {
    PhysFrame::containing_address(PhysAddr::new_truncate(entry & ADDRESS))
}

/// Whether an entry is there.
pub(super) const fn is_present(entry: u64) -> bool {
    entry & Permissions::PRESENT.bits() != 0
}

/// Which entry of a table of `level` (1 to 4) an address uses.
pub(super) const fn index(address: VirtAddr, level: u32) -> usize {
    (address.as_u64() >> (12 + 9 * (level - 1)) & 0x1ff) as usize
}

/// An empty table.
pub(super) fn new_table(frames: &mut impl FrameSource) -> Result<PhysFrame, NoMemory> {
    frames.take().ok_or(NoMemory)
}

/// What the direct map has, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Writable and cached: memory.
    pub memory: u64,
    /// Cached, and only read: tables of the firmware's.
    pub tables: u64,
    /// Not cached: registers of devices.
    pub devices: u64,
}

impl Census {
    /// Counts what `table`, of `level`, has in its entries from `first` to `end`.
    fn count(&mut self, table: PhysFrame, level: u32, first: usize, end: usize) {
        for entry in &entries(table)[first..end] {
            let entry = entry.load(Ordering::Relaxed);
            let permissions = Permissions::from_bits_truncate(entry);
            if !permissions.contains(Permissions::PRESENT) {
                continue;
            }
            let kind = if level > 1 && entry & LARGE == 0 {
                self.count(frame(entry), level - 1, 0, 512);
                continue;
            } else if permissions.contains(Permissions::UNCACHED) {
                &mut self.devices
            } else if permissions.contains(Permissions::WRITABLE) {
                &mut self.memory
            } else {
                &mut self.tables
            };
            *kind += PAGE << (9 * (level - 1));
        }
    }
}

/// The physical address of what is mapped at `address` by the tables that this CPU uses now, whoever made them.
#[must_use]
pub fn loaded(address: VirtAddr) -> Option<PhysAddr> {
    let (mut table, _) = Cr3::read_raw();
    for level in (1..=4).rev() {
        let entry = entries(table)[index(address, level)].load(Ordering::Relaxed);
        if !is_present(entry) {
            return None;
        }
        if level == 1 || (level < 4 && entry & LARGE != 0) {
            let inside = (1_u64 << (12 + 9 * (level - 1))) - 1;
            let page = entry & ADDRESS & !inside;
            return Some(PhysAddr::new_truncate(page | (address.as_u64() & inside)));
        }
        table = frame(entry);
    }
    None
}

impl PageTables {
    /// The kernel's tables: the direct map of `map`, and the parts of the image.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when `frames` gives none.
    pub fn new(
        map: &MemoryMap,
        image: &[(Range<VirtAddr>, Permissions)],
        frames: &mut impl FrameSource,
    ) -> Result<Self, NoMemory> {
        let tables = Self { root: new_table(frames)? };
        let read_only = Permissions::PRESENT | Permissions::NO_EXECUTE;
        let data = read_only | Permissions::WRITABLE;
        tables.add_direct(map.memory.iter(), data, frames)?;
        tables.add_direct(map.tables.iter(), read_only, frames)?;
        tables.add_direct(map.devices.iter(), data | Permissions::UNCACHED, frames)?;
        for (part, permissions) in image {
            let mut address = part.start;
            while address < part.end {
                // Where the image was loaded is up to the boot loader, whose tables are still in use.
                let physical = loaded(address).ok_or(NoMemory)?;
                tables.set(address, 1, physical.as_u64() | permissions.bits(), frames)?;
                address += PAGE;
            }
        }
        for entry in &entries(tables.root)[UPPER_HALF..] {
            if !is_present(entry.load(Ordering::Relaxed)) {
                let table = new_table(frames)?.start_address().as_u64();
                entry.store(table | (Permissions::PRESENT | Permissions::WRITABLE).bits(), Ordering::Relaxed);
            }
        }
        Ok(tables)
    }

    /// Maps ranges of physical addresses, disjoint from what is mapped already, in the direct map.
    fn add_direct(
        &self,
        ranges: impl Iterator<Item = Range<PhysAddr>>,
        permissions: Permissions,
        frames: &mut impl FrameSource,
    ) -> Result<(), NoMemory> {
        for Page { start, large } in ranges.flat_map(pages) {
            let entry = start.as_u64() | permissions.bits();
            let (level, entry) = if large { (2, entry | LARGE) } else { (1, entry) };
            self.set(VirtAddr::new(DIRECT_MAP + start.as_u64()), level, entry, frames)?;
        }
        Ok(())
    }

    /// The entry for an address at `level`, making the tables on the way.
    fn entry(
        &self,
        address: VirtAddr,
        level: u32,
        frames: &mut impl FrameSource,
    ) -> Result<&'static AtomicU64, NoMemory> {
        let mut table = self.root;
        for upper in (level + 1..=4).rev() {
            let slot = &entries(table)[index(address, upper)];
            let mut next = slot.load(Ordering::Acquire);
            if !is_present(next) {
                let made = new_table(frames)?;
                // What is above allows everything; the page itself decides.
                let entry =
                    made.start_address().as_u64() | (Permissions::PRESENT | Permissions::WRITABLE).bits();
                next = match slot.compare_exchange(0, entry, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => entry,
                    Err(winner) => {
                        // SAFETY: it was taken above. No entry ever named it, since another CPU's won, so no CPU has it cached.
                        unsafe { frames.put_back(made) }
                        winner
                    }
                };
            }
            table = frame(next);
        }
        Ok(&entries(table)[index(address, level)])
    }

    /// Writes the entry for an address at `level`.
    fn set(
        &self,
        address: VirtAddr,
        level: u32,
        entry: u64,
        frames: &mut impl FrameSource,
    ) -> Result<(), NoMemory> {
        self.entry(address, level, frames)?.store(entry, Ordering::Release);
        Ok(())
    }

    /// The entry of a small page, if there are tables for it.
    fn existing(&self, address: VirtAddr) -> Option<&'static AtomicU64> {
        let mut table = self.root;
        for upper in (2..=4).rev() {
            let next = entries(table)[index(address, upper)].load(Ordering::Acquire);
            if !is_present(next) || next & LARGE != 0 {
                return None;
            }
            table = frame(next);
        }
        Some(&entries(table)[index(address, 1)])
    }

    /// Takes a small page away, and gives the frame that was there. Translation caches may still have it, this CPU's too.
    ///
    /// # Safety
    ///
    /// The address is the caller's, and nothing uses it any more.
    #[must_use = "the frame belongs to the caller"]
    pub unsafe fn unmap(&self, address: VirtAddr) -> Option<PhysFrame> {
        let entry = self.existing(address)?.swap(0, Ordering::AcqRel);
        is_present(entry).then(|| frame(entry))
    }

    /// Maps one small page.
    ///
    /// # Safety
    ///
    /// The address is the caller's, nothing is mapped there, and no translation cache has what was there before. The frame is
    /// the caller's as long as it is mapped, and what is read and written through the address is all that is done with it.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when a table is needed and `frames` gives none.
    pub unsafe fn map(
        &self,
        address: VirtAddr,
        frame: PhysFrame,
        permissions: Permissions,
        frames: &mut impl FrameSource,
    ) -> Result<(), NoMemory> {
        self.set(address, 1, frame.start_address().as_u64() | permissions.bits(), frames)
    }

    /// Maps a device's registers in the direct map, for good.
    ///
    /// # Safety
    ///
    /// A device has its registers in the whole range, nothing is mapped there yet, and nobody else maps anything there.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when a table is needed and `frames` gives none.
    pub unsafe fn map_device(
        &self,
        range: Range<PhysAddr>,
        frames: &mut impl FrameSource,
    ) -> Result<(), NoMemory> {
        let registers =
            Permissions::PRESENT | Permissions::WRITABLE | Permissions::UNCACHED | Permissions::NO_EXECUTE;
        let mut page = range.start;
        while page < range.end {
            let address = VirtAddr::new(DIRECT_MAP + page.as_u64());
            self.set(address, 1, page.as_u64() | registers.bits(), frames)?;
            page += PAGE;
        }
        Ok(())
    }

    /// Makes the tables that [`map`](Self::map) needs for an address, so that it cannot fail.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when a table is needed and `frames` gives none.
    pub fn prepare(&self, address: VirtAddr, frames: &mut impl FrameSource) -> Result<(), NoMemory> {
        self.entry(address, 1, frames).map(|_| ())
    }

    /// What the direct map has.
    #[must_use]
    pub fn census(&self) -> Census {
        let mut census = Census::default();
        census.count(self.root, 4, index(VirtAddr::new(DIRECT_MAP), 4), index(STACKS, 4));
        census
    }

    /// Makes this CPU use them.
    ///
    /// # Safety
    ///
    /// They map everything that this CPU uses: made by [`new`](Self::new).
    pub unsafe fn load(&self) {
        // SAFETY: the caller vouches for the tables. Global pages of a boot loader's would stay in the cache of
        // translations; the kernel has none.
        unsafe {
            KERNEL_ROOT.store(self.root.start_address().as_u64(), Ordering::Release);
            Cr4::update(|flags| flags.remove(Cr4Flags::PAGE_GLOBAL));
            Cr3::write(self.root, Cr3Flags::empty());
        }
    }
}
