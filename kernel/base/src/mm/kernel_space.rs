//! The kernel's half of every address space: its page tables, and ranges mapped in it for a while.
//!
//! The tables are made once, at boot (`initialise`), and need no lock ([`PageTables`]). Which addresses of the
//! window [`MAPPINGS`] are in use is protected by a lock of class `KernelSpace`,
//! held for the bookkeeping only: frames are taken before it, entries written after it by whoever owns the
//! addresses.
//!
//! A [`Mapping`] is given back through a token: its pages are taken away, every CPU forgets them, and only then do
//! the frames return to their owner and the addresses to the window. Dropping it instead would leave it mapped
//! for good; what is owned by something that is dropped anywhere goes through `sched::deferred`.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use lockorder::{Before, Held, MaySleep, SpinLock, hierarchy};
use spin::Once;
use x86_64::VirtAddr;

use super::frames::{self, Frame, TableFrames};
use super::shoot_down::shoot_down;
pub use machine::paging::{Census, MAPPINGS, Permissions};
use machine::paging::{NoMemory, PAGE, PageTables};

hierarchy! {
    /// Which addresses of the kernel's window for mappings are in use.
    pub class KernelSpace in crate::levels::Memory = 8;
}

/// Bytes of the window.
const SIZE: u64 = 64 << 30;

static TABLES: Once<PageTables> = Once::new();

/// The addresses that are free, by where they start.
/// Protects the window's bookkeeping; class `KernelSpace`.
static FREE: SpinLock<KernelSpace, FreeRanges> = SpinLock::new(FreeRanges::none());

/// Makes `tables` the kernel's. Once, at boot.
pub(crate) fn initialise(tables: PageTables) {
    TABLES.call_once(|| tables);
}

/// The kernel's page tables.
///
/// # Panics
///
/// Before [`initialise`].
pub(crate) fn tables() -> &'static PageTables {
    TABLES.get().expect("the kernel's tables are made at boot, before anything is mapped")
}

/// What the direct map has.
#[must_use]
pub fn census() -> Census {
    tables().census()
}

/// Ranges of free addresses: start to end, none touching another.
#[derive(Debug)]
struct FreeRanges {
    ranges: BTreeMap<VirtAddr, VirtAddr>,
    /// Whether the window has been put in, which a static cannot.
    begun: bool,
}

impl FreeRanges {
    const fn none() -> Self {
        Self { ranges: BTreeMap::new(), begun: false }
    }

    /// Takes `size` bytes from the first range that is large enough.
    fn take(&mut self, size: u64) -> Option<VirtAddr> {
        if !self.begun {
            self.begun = true;
            self.ranges.insert(MAPPINGS, MAPPINGS + SIZE);
        }
        let (&start, &end) = self.ranges.iter().find(|&(&start, &end)| end - start >= size)?;
        self.ranges.remove(&start);
        if start + size < end {
            self.ranges.insert(start + size, end);
        }
        Some(start)
    }

    /// Puts `size` bytes back, and joins them with what touches them.
    fn put_back(&mut self, mut start: VirtAddr, size: u64) {
        let mut end = start + size;
        if let Some((&before, &before_end)) = self.ranges.range(..start).next_back()
            && before_end == start
        {
            self.ranges.remove(&before);
            start = before;
        }
        if let Some(after_end) = self.ranges.remove(&end) {
            end = after_end;
        }
        self.ranges.insert(start, end);
    }
}

/// Frames mapped side by side, with an unmapped page after them.
#[derive(Debug)]
#[must_use = "a mapping that is dropped stays for good; give it back with `unmap`"]
pub struct Mapping {
    start: VirtAddr,
    frames: Vec<Frame>,
}

/// Bytes of addresses that `count` frames take, with the page after them.
const fn span(count: usize) -> u64 {
    (count as u64 + 1) * PAGE
}

impl Mapping {
    /// Maps `frames`, never to be executed.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when a page table cannot be made, or the window is full; the frames are freed.
    pub fn new<H: Before<KernelSpace>>(
        held: &mut Held<'_, H, impl MaySleep>,
        frames: Vec<Frame>,
        permissions: Permissions,
    ) -> Result<Self, NoMemory> {
        let mut held = held.below::<KernelSpace>();
        let mut held = held.to_task();
        let start = held.with(&FREE, |free, _| free.take(span(frames.len())));
        let Some(start) = start else {
            frames.into_iter().for_each(frames::free);
            return Err(NoMemory);
        };
        let mapping = Self { start, frames };
        let permissions = permissions | Permissions::PRESENT | Permissions::NO_EXECUTE;
        let mut address = start;
        let mapped = mapping.frames.iter().try_for_each(|frame| {
            // SAFETY: the addresses are this mapping's, whose last owner had every CPU forget them, and so are the frames.
            let mapped = unsafe { tables().map(address, frame.number(), permissions, &mut TableFrames) };
            address += PAGE;
            mapped
        });
        match mapped {
            Ok(()) => Ok(mapping),
            Err(no_memory) => {
                mapping.unmap(&mut held).into_iter().for_each(frames::free);
                Err(no_memory)
            }
        }
    }

    /// What the first word of the first frame is, read through the mapping.
    ///
    /// # Panics
    ///
    /// When the mapping is of no frames.
    #[must_use]
    pub fn first_word(&self) -> u64 {
        assert!(!self.frames.is_empty(), "a mapping of no frames has no word");
        let word: *const u64 = self.start.as_ptr();
        // SAFETY: the page is mapped as long as this value exists, its frame is this value's, and any bytes are a word.
        unsafe { word.read_volatile() }
    }

    /// Where it begins.
    #[must_use]
    pub const fn start(&self) -> VirtAddr {
        self.start
    }

    /// Takes the pages away, from every CPU, and gives the frames back.
    pub fn unmap<H: Before<KernelSpace>>(self, held: &mut Held<'_, H, impl MaySleep>) -> Vec<Frame> {
        let mut held = held.below::<KernelSpace>();
        let mut held = held.to_task();
        let Self { start, frames } = self;
        let pages = frames.len() as u64;
        for page in 0..pages {
            // The frame is known already; where mapping failed half-way there is none.
            // SAFETY: the addresses are this mapping's, which ends here.
            let _ = unsafe { tables().unmap(start + page * PAGE) };
        }
        shoot_down(&mut held, start, pages);
        held.with(&FREE, |free, _| free.put_back(start, span(frames.len())));
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::{FreeRanges, MAPPINGS, SIZE};

    #[test]
    fn addresses_come_back_and_join() {
        let mut free = FreeRanges::none();
        let taken = [0x3000, 0x5000, 0x2000].map(|size| (free.take(size).unwrap(), size));
        assert_eq!(taken.map(|(start, _)| start), [MAPPINGS, MAPPINGS + 0x3000, MAPPINGS + 0x8000]);
        for index in [0, 2, 1] {
            let (start, size) = taken[index];
            free.put_back(start, size);
        }
        assert_eq!(free.ranges.into_iter().collect::<Vec<_>>(), [(MAPPINGS, MAPPINGS + SIZE)]);
    }

    #[test]
    fn a_full_window_gives_nothing() {
        let mut free = FreeRanges::none();
        assert_eq!(free.take(SIZE), Some(MAPPINGS));
        assert_eq!(free.take(0x1000), None);
    }
}
