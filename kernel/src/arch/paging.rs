//! The kernel's page tables.
//!
//! The boot code's tables map everything writable and executable. [`PageTables::new`] makes better ones, once:
//!
//! | range | what | how |
//! |---|---|---|
//! | [`DIRECT_MAP`] | all physical memory, by 2 MiB pages | writable, never executed; devices uncached |
//! | the image | text, constants, data, by 4 KiB pages | executable, readable, writable: one of them |
//! | [`STACKS`] | kernel stacks, each above a page that is not there | writable, never executed |
//! | the trampoline's page | where it is, while CPUs are started | executable |
//!
//! Nothing else is mapped: a null pointer faults. The tables are the same for all CPUs. Entries are only ever
//! added while other CPUs run, which no translation cache can have wrong; nothing is taken away that somebody
//! may use. Who adds holds a leaf lock of the layer above.

use core::sync::atomic::{AtomicU64, Ordering};

use bitflags::bitflags;
use x86_64::PhysAddr;
use x86_64::registers::control::{Cr3, Cr3Flags};
use x86_64::structures::paging::PhysFrame;

use super::{DIRECT_MAP, direct};

/// Where kernel stacks are mapped.
pub const STACKS: u64 = 0xffff_c000_0000_0000;
/// Bytes of a small page.
pub const PAGE: u64 = 4096;
/// Bytes of a large page.
const LARGE_PAGE: u64 = 2 << 20;
/// Devices are above this, below 4 GiB, on every PC.
const DEVICES: core::ops::Range<u64> = 0xfe00_0000..0x1_0000_0000;
/// What of an entry is an address.
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

/// The root of the kernel's page tables.
#[derive(Debug)]
pub struct PageTables {
    root: u64,
}

/// The entries of a table.
fn entries(table: u64) -> &'static [AtomicU64; 512] {
    // SAFETY: a page-table page, made by this module, is never given back, and the direct map covers it.
    unsafe { &*direct::<[AtomicU64; 512]>(table) }
}

/// Which entry of a table of `level` (1 to 4) an address uses.
const fn index(address: u64, level: u32) -> usize {
    (address >> (12 + 9 * (level - 1)) & 0x1ff) as usize
}

/// A zeroed table from a frame.
fn new_table(frames: &mut dyn FnMut() -> Option<u64>) -> Result<u64, NoMemory> {
    let table = frames().ok_or(NoMemory)?;
    for entry in entries(table) {
        entry.store(0, Ordering::Relaxed);
    }
    Ok(table)
}

impl PageTables {
    /// The kernel's tables: memory up to `memory_end`, and the image by its parts.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when `frames` gives none.
    pub fn new(memory_end: u64, frames: &mut dyn FnMut() -> Option<u64>) -> Result<Self, NoMemory> {
        let tables = Self { root: new_table(frames)? };
        let data = Permissions::PRESENT | Permissions::WRITABLE | Permissions::NO_EXECUTE;
        let mut physical = 0;
        while physical < memory_end.max(DEVICES.end) {
            let device = DEVICES.contains(&physical);
            let permissions = if device { data | Permissions::UNCACHED } else { data };
            tables.set(DIRECT_MAP + physical, 2, physical | permissions.bits() | LARGE, frames)?;
            physical += LARGE_PAGE;
        }
        for (part, permissions) in super::image::parts() {
            let mut address = part.start;
            while address < part.end {
                tables.map(address, address - super::image::OFFSET, permissions, frames)?;
                address += PAGE;
            }
        }
        Ok(tables)
    }

    /// Writes the entry for an address at `level`, making the tables on the way.
    fn set(
        &self,
        address: u64,
        level: u32,
        entry: u64,
        frames: &mut dyn FnMut() -> Option<u64>,
    ) -> Result<(), NoMemory> {
        let mut table = self.root;
        for upper in (level + 1..=4).rev() {
            let slot = &entries(table)[index(address, upper)];
            let mut next = slot.load(Ordering::Acquire);
            if next & 1 == 0 {
                // What is above allows everything; the page itself decides.
                next = new_table(frames)? | (Permissions::PRESENT | Permissions::WRITABLE).bits();
                slot.store(next, Ordering::Release);
            }
            table = next & ADDRESS;
        }
        entries(table)[index(address, level)].store(entry, Ordering::Release);
        Ok(())
    }

    /// Maps one small page.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when a table is needed and `frames` gives none.
    pub fn map(
        &self,
        address: u64,
        physical: u64,
        permissions: Permissions,
        frames: &mut dyn FnMut() -> Option<u64>,
    ) -> Result<(), NoMemory> {
        self.set(address, 1, physical | permissions.bits(), frames)
    }

    /// Makes the trampoline's page executable where it is, or takes that away again; before or after other
    /// CPUs are started.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when a table is needed and `frames` gives none.
    pub fn set_trampoline(
        &self,
        present: bool,
        frames: &mut dyn FnMut() -> Option<u64>,
    ) -> Result<(), NoMemory> {
        let page = super::cpus::TRAMPOLINE;
        let entry = if present { page | Permissions::PRESENT.bits() } else { 0 };
        self.set(page, 1, entry, frames)?;
        x86_64::instructions::tlb::flush(x86_64::VirtAddr::new(page));
        Ok(())
    }

    /// Makes this CPU use them.
    ///
    /// # Safety
    ///
    /// They map everything that this CPU uses: made by [`new`](Self::new).
    pub unsafe fn load(&self) {
        let root = PhysFrame::containing_address(PhysAddr::new(self.root));
        // SAFETY: the caller vouches for the tables.
        unsafe { Cr3::write(root, Cr3Flags::empty()) }
    }
}
