//! The page tables of one user address space.
//!
//! The upper half of the root is the kernel's, copied from its own tables, whose upper entries never change. The lower half is
//! the user's: tables are put in as they are needed, by a compare-exchange that one CPU wins, and stay until the space ends. An
//! [`Entry`] is one atomic word. What an entry owns, and when other CPUs have to forget it, is known by the layer above.

use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use bitflags::bitflags;
use x86_64::registers::control::{Cr3, Cr3Flags};
use x86_64::structures::paging::PhysFrame;
use x86_64::{PhysAddr, VirtAddr};

use super::paging::{
    FrameSource, NoMemory, PAGE, PageTables, UPPER_HALF, entries, frame, index, is_present, new_table,
};

/// The end of the lower half.
const END: u64 = 1 << 47;
/// Address bits of an entry.
const ADDRESS: u64 = 0x000f_ffff_ffff_f000;

bitflags! {
    /// What an entry for a user's page says besides its frame.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u64 {
        /// It is there for the CPU.
        const PRESENT = 1;
        /// Writing is allowed.
        const WRITABLE = 1 << 1;
        /// User mode may.
        const USER = 1 << 2;
        /// It has been used since this was cleared.
        const ACCESSED = 1 << 5;
        /// It has been written to since this was cleared.
        const DIRTY = 1 << 6;
        /// It owns a page, whether it is there for the CPU or not. For software.
        const OWNED = 1 << 9;
        /// It is being taken away. For software.
        const GOING = 1 << 10;
        /// Executing is not allowed.
        const NO_EXECUTE = 1 << 63;
    }
}

/// An entry for a user's page.
#[derive(Debug)]
#[repr(transparent)]
pub struct Entry(AtomicU64);

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value(u64);

impl Value {
    /// Nothing is there.
    pub const NONE: Self = Self(0);

    /// An entry for a frame.
    #[must_use]
    pub fn new(frame: PhysFrame, flags: Flags) -> Self {
        Self(frame.start_address().as_u64() | flags.bits())
    }

    /// Whether nothing is there.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Its frame.
    #[must_use]
    pub fn frame(self) -> PhysFrame {
        PhysFrame::containing_address(PhysAddr::new_truncate(self.0 & ADDRESS))
    }

    /// What it says besides.
    #[must_use]
    pub const fn flags(self) -> Flags {
        Flags::from_bits_truncate(self.0)
    }

    /// The same frame with other flags.
    #[must_use]
    pub const fn with(self, flags: Flags) -> Self {
        Self(self.0 & ADDRESS | flags.bits())
    }
}

impl Entry {
    /// What it is now.
    #[must_use]
    pub fn load(&self) -> Value {
        Value(self.0.load(Ordering::Acquire))
    }

    /// Makes it something else, and gives what it was.
    ///
    /// # Safety
    ///
    /// The frame of the new value stays the entry's until the entry is something else and no CPU has it cached.
    #[must_use = "what it was belongs to the caller"]
    pub unsafe fn swap(&self, value: Value) -> Value {
        Value(self.0.swap(value.0, Ordering::SeqCst))
    }

    /// Makes it something else if it is what the caller thinks.
    ///
    /// # Errors
    ///
    /// What it is, where that is something else.
    ///
    /// # Safety
    ///
    /// As for [`swap`](Self::swap).
    pub unsafe fn compare_exchange(&self, from: Value, to: Value) -> Result<(), Value> {
        self.0.compare_exchange(from.0, to.0, Ordering::SeqCst, Ordering::Acquire).map(|_| ()).map_err(Value)
    }
}

/// The root of a user's page tables.
#[derive(Debug)]
pub struct UserRoot(PhysFrame);

impl UserRoot {
    /// Tables that map nothing but what `kernel` does.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when `frames` gives none.
    pub fn new(kernel: &PageTables, frames: &mut impl FrameSource) -> Result<Self, NoMemory> {
        let root = new_table(frames)?;
        let upper = entries(kernel.root)[UPPER_HALF..].iter();
        for (entry, kernels) in entries(root)[UPPER_HALF..].iter().zip(upper) {
            entry.store(kernels.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        Ok(Self(root))
    }

    /// The entry for an address of the lower half, making the tables on the way.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when `frames` gives none.
    ///
    /// # Panics
    ///
    /// For an address of the upper half, which is the kernel's.
    pub fn entry(&self, address: VirtAddr, frames: &mut impl FrameSource) -> Result<&Entry, NoMemory> {
        assert!(address.as_u64() < END, "a user's page lies in the lower half");
        let mut table = self.0;
        for upper in (2..=4).rev() {
            let slot = &entries(table)[index(address, upper)];
            let mut next = slot.load(Ordering::Acquire);
            if !is_present(next) {
                let made = new_table(frames)?;
                // What is above allows everything; the page itself decides.
                let flags = Flags::PRESENT | Flags::WRITABLE | Flags::USER;
                let entry = Value::new(made, flags).0;
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
        Ok(as_entry(&entries(table)[index(address, 1)]))
    }

    /// The entry for an address, if there are tables for it.
    #[must_use]
    pub fn existing(&self, address: VirtAddr) -> Option<&Entry> {
        if address.as_u64() >= END {
            return None;
        }
        let mut table = self.0;
        for upper in (2..=4).rev() {
            let next = entries(table)[index(address, upper)].load(Ordering::Acquire);
            if !is_present(next) {
                return None;
            }
            table = frame(next);
        }
        Some(as_entry(&entries(table)[index(address, 1)]))
    }

    /// Calls `look` for each entry of a range of the lower half that is something, until it gives an error.
    ///
    /// # Errors
    ///
    /// What `look` has given.
    pub fn each<E>(
        &self,
        range: Range<VirtAddr>,
        mut look: impl FnMut(VirtAddr, &Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        each_in(self.0, 4, 0, range.start.as_u64()..range.end.as_u64().min(END), &mut look)
    }

    /// Makes this CPU use them.
    ///
    /// # Safety
    ///
    /// They are not freed before this CPU has loaded others.
    pub unsafe fn load(&self) {
        // SAFETY: the upper half is the kernel's, so that everything the kernel uses stays mapped.
        unsafe { Cr3::write(self.0, Cr3Flags::empty()) }
    }

    /// Frees the tables. What entries name is lost.
    ///
    /// # Safety
    ///
    /// No CPU uses them, and none ever does again.
    pub unsafe fn free(self, frames: &mut impl FrameSource) {
        for entry in &entries(self.0)[..UPPER_HALF] {
            let entry = entry.load(Ordering::Relaxed);
            if is_present(entry) {
                // SAFETY: tables of the lower half are this root's alone, and no CPU uses them.
                unsafe { free_below(frame(entry), 3, frames) }
            }
        }
        // SAFETY: the same holds for the root.
        unsafe { frames.put_back(self.0) }
    }
}

/// An entry of the lowest tables.
fn as_entry(word: &AtomicU64) -> &Entry {
    // SAFETY: the types have the same layout.
    unsafe { &*core::ptr::from_ref(word).cast::<Entry>() }
}

/// Calls `look` for each entry that is something, in the part of `range` that `table` of `level` maps, which begins at `base`.
fn each_in<E>(
    table: PhysFrame,
    level: u32,
    base: u64,
    range: Range<u64>,
    look: &mut impl FnMut(VirtAddr, &Entry) -> Result<(), E>,
) -> Result<(), E> {
    let size = PAGE << (9 * (level - 1));
    if range.start >= range.end {
        return Ok(());
    }
    let first = range.start.saturating_sub(base) / size;
    let last = ((range.end - 1).saturating_sub(base) / size).min(511);
    for place in first..=last {
        let word = &entries(table)[usize::try_from(place).unwrap_or(0)];
        let value = word.load(Ordering::Acquire);
        let start = base + place * size;
        if value == 0 {
            continue;
        }
        if level == 1 {
            look(VirtAddr::new_truncate(start), as_entry(word))?;
        } else {
            each_in(
                frame(value),
                level - 1,
                start,
                range.start.max(start)..range.end.min(start + size),
                look,
            )?;
        }
    }
    Ok(())
}

/// Frees a table of `level` and those below it.
///
/// # Safety
///
/// They are tables of one root that no CPU uses.
unsafe fn free_below(table: PhysFrame, level: u32, frames: &mut impl FrameSource) {
    if level > 1 {
        for entry in entries(table) {
            let entry = entry.load(Ordering::Relaxed);
            if is_present(entry) {
                // SAFETY: a table of the same root.
                unsafe { free_below(frame(entry), level - 1, frames) }
            }
        }
    }
    // SAFETY: no CPU uses it, as the caller says.
    unsafe { frames.put_back(table) }
}
