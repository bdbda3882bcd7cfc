//! What is known of each frame: how many references there are to it, and who has it.
//!
//! Two steps lead to a frame's [`Entry`]: a directory with a place for each [`SECTION`] frames up to the end of memory, and
//! for each place that has memory a section of entries. So a hole costs eight bytes for 16 MiB, and memory a 512th of itself.
//! Directory and sections are made at boot, from memory that was never used, before a frame is given out; they stay for
//! ever, and are read without a lock. An entry is made of atomics: each field is written by whoever has the frame, or, for
//! a free one, by the frame allocator under its leaf.

use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU16, AtomicU64, Ordering};

use machine::cpu::{self, Line, PerCpu};
use spin::Once;
use x86_64::structures::paging::PhysFrame;

use super::blocks::Purpose;
use super::references::References;

/// Frames of a section.
pub(super) const SECTION: u64 = 4096;
/// Bytes of a section's entries.
pub(super) const SECTION_BYTES: u64 = SECTION * size_of::<Entry>() as u64;

/// Who has a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Owner {
    /// Nobody: it is free.
    Free,
    /// The kernel, for something else than what follows.
    Kernel,
    /// Small blocks of the kernel's heap.
    Slab,
    /// A large block of the kernel's heap.
    Heap,
    /// A kernel stack.
    Stack,
    /// A page table of the kernel's.
    Table,
    /// A page table of a process.
    UserTable,
    /// Memory of a process that no file has.
    User,
    /// A page of a file.
    PageCache,
}

impl Owner {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Free,
        Self::Kernel,
        Self::Slab,
        Self::Heap,
        Self::Stack,
        Self::Table,
        Self::UserTable,
        Self::User,
        Self::PageCache,
    ];

    /// What its frames are for, as far as the reserve goes.
    pub(super) const fn purpose(self) -> Purpose {
        match self {
            Self::UserTable | Self::User | Self::PageCache => Purpose::User,
            Self::Heap => Purpose::Block,
            Self::Free | Self::Kernel | Self::Slab | Self::Stack | Self::Table => Purpose::Kernel,
        }
    }

    /// Its number.
    const fn number(self) -> usize {
        self as usize
    }
}

/// How many frames each owner has, less those it had at first, as far as each CPU has handed them over; the sums mean
/// something.
static OWNED: PerCpu<[AtomicU64; Owner::ALL.len()]> =
    PerCpu::new([const { Line::new([const { AtomicU64::new(0) }; Owner::ALL.len()]) }; cpu::MAXIMUM]);

/// What is known of a frame. Zero bytes are an entry: of a frame that was never given out.
#[derive(Debug)]
#[repr(C)]
pub(in crate::mm) struct Entry {
    references: References,
    /// A number of an [`Owner`].
    owner: AtomicU8,
    /// One more than the order of the free block that begins here; 0 where none does.
    block: AtomicU8,
    /// What its owner notes of it.
    note: AtomicU16,
}

impl Entry {
    /// The references to the frame.
    #[inline]
    pub(in crate::mm) const fn references(&self) -> &References {
        &self.references
    }

    /// Says who has the frame from now on; gives who had it. Two who say so at once may both be given the same.
    #[inline]
    fn exchange_owner(&self, owner: Owner) -> Owner {
        let before = self.owner.load(Ordering::Relaxed);
        self.owner.store(owner as u8, Ordering::Relaxed);
        Owner::ALL[usize::from(before)]
    }

    /// The order of the free block that begins here, if one does.
    #[inline]
    pub(super) fn block(&self) -> Option<usize> {
        usize::from(self.block.load(Ordering::Relaxed)).checked_sub(1)
    }

    /// Says that a free block of an order begins here, or none.
    #[inline]
    pub(super) fn set_block(&self, order: Option<usize>) {
        let noted = order.and_then(|order| u8::try_from(order + 1).ok()).unwrap_or(0);
        self.block.store(noted, Ordering::Relaxed);
    }

    /// What the owner has noted last.
    #[inline]
    pub(in crate::mm) fn note(&self) -> u16 {
        self.note.load(Ordering::Relaxed)
    }

    /// Notes something. The caller has the frame.
    #[inline]
    pub(in crate::mm) fn set_note(&self, note: u16) {
        self.note.store(note, Ordering::Relaxed);
    }
}

/// The entries of all frames.
#[derive(Clone, Copy, Debug)]
struct Metadata {
    directory: &'static [AtomicPtr<Entry>],
}

impl Metadata {
    /// The entry of a frame, if it is memory that can be given out, or lies beside such.
    #[inline]
    fn entry(self, frame: PhysFrame) -> Option<&'static Entry> {
        let number = number(frame);
        let section = self.directory.get(usize::try_from(number / SECTION).ok()?)?.load(Ordering::Acquire);
        if section.is_null() {
            return None;
        }
        // SAFETY: a section has `SECTION` entries, lives for ever, and is made of atomics, zeroed before it was put there.
        Some(unsafe { &*section.add(usize::try_from(number % SECTION).ok()?) })
    }
}

/// The number of a frame: its place in memory.
fn number(frame: PhysFrame) -> u64 {
    frame.start_address().as_u64() / frame.size()
}

static METADATA: Once<Metadata> = Once::new();

/// The entry of a frame, if it is memory that can be given out, or lies beside such.
#[inline]
pub(in crate::mm) fn find(frame: PhysFrame) -> Option<&'static Entry> {
    METADATA.get()?.entry(frame)
}

/// The entry of a frame that was given out.
///
/// # Panics
///
/// When it never was: it lies in no memory that the allocator has.
#[inline]
pub(in crate::mm) fn of(frame: PhysFrame) -> &'static Entry {
    find(frame).expect("each frame that is given out has an entry")
}

/// Says who has a frame from now on; gives who had it. The caller has the frame, and interrupts are off.
#[inline]
pub(super) fn hand_over(frame: PhysFrame, to: Owner) -> Owner {
    let from = of(frame).exchange_owner(to);
    let owned = &OWNED[cpu::current().index()];
    let count = |owner: Owner, change: u64| {
        let count = &owned[owner.number()];
        count.store(count.load(Ordering::Relaxed).wrapping_add(change), Ordering::Relaxed);
    };
    count(from, 1_u64.wrapping_neg());
    count(to, 1);
    from
}

/// How many frames an owner was handed over, less those it handed on.
pub(super) fn owned_by(owner: Owner) -> u64 {
    let counts = OWNED.iter().map(|owned| owned[owner.number()].load(Ordering::Relaxed));
    counts.fold(0, u64::wrapping_add)
}

/// Bytes of a directory for memory that ends at an address.
pub(super) fn directory_bytes(end: u64) -> u64 {
    end.div_ceil(super::FRAME_SIZE).div_ceil(SECTION) * size_of::<AtomicPtr<Entry>>() as u64
}

/// Makes the directory. Once, at boot.
///
/// # Safety
///
/// The bytes are memory that is the directory's for ever, zeroed and aligned to a word.
pub(super) unsafe fn begin(directory: *mut AtomicPtr<Entry>, bytes: u64) {
    let places = usize::try_from(bytes).unwrap_or(0) / size_of::<AtomicPtr<Entry>>();
    // SAFETY: the caller vouches for the memory; zero bytes are null pointers.
    let directory = unsafe { slice::from_raw_parts(directory, places) };
    METADATA.call_once(|| Metadata { directory });
}

/// Whether a frame's section is there.
pub(super) fn is_described(frame: PhysFrame) -> bool {
    find(frame).is_some()
}

/// Puts the section of a frame in; says whether the directory has a place for it that is free.
///
/// # Safety
///
/// At `entries` are [`SECTION_BYTES`] bytes of memory that are the section's for ever, zeroed and aligned to a word.
pub(super) unsafe fn describe(frame: PhysFrame, entries: *mut Entry) -> bool {
    let Some(metadata) = METADATA.get() else { return false };
    let place = usize::try_from(number(frame) / SECTION).ok().and_then(|index| metadata.directory.get(index));
    place.is_some_and(|place| {
        let put = place.compare_exchange(ptr::null_mut(), entries, Ordering::Release, Ordering::Relaxed);
        put.is_ok()
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::boxed::Box;
    use std::vec::Vec;

    use super::{AtomicPtr, Entry, Metadata, Owner, PhysFrame, SECTION, SECTION_BYTES, directory_bytes};
    use crate::mm::PhysAddr;
    use crate::mm::frames::FRAME_SIZE;

    fn frame(number: u64) -> PhysFrame {
        PhysFrame::containing_address(PhysAddr::new(number * FRAME_SIZE))
    }

    /// Metadata with sections in some places.
    fn metadata(sections: &[bool]) -> Metadata {
        let section = |is_there| {
            let zeroes: &'static mut [u64] =
                Box::leak(std::vec![0; usize::try_from(SECTION_BYTES / 8).unwrap()].into_boxed_slice());
            AtomicPtr::new(if is_there { zeroes.as_mut_ptr().cast() } else { core::ptr::null_mut() })
        };
        let directory: Vec<_> = sections.iter().map(|&is_there| section(is_there)).collect();
        Metadata { directory: Box::leak(directory.into_boxed_slice()) }
    }

    #[test]
    fn each_frame_of_a_section_has_an_entry_of_its_own() {
        let metadata = metadata(&[true, false, true]);
        let first = core::ptr::from_ref(metadata.entry(frame(0)).unwrap());
        let last = core::ptr::from_ref(metadata.entry(frame(SECTION - 1)).unwrap());
        assert_eq!(last.addr() - first.addr(), usize::try_from(SECTION_BYTES).unwrap() - size_of::<Entry>());
        let third = core::ptr::from_ref(metadata.entry(frame(2 * SECTION)).unwrap());
        assert!(third > last || third < first);
    }

    #[test]
    fn a_hole_and_what_lies_beyond_have_none() {
        let metadata = metadata(&[true, false]);
        for number in [SECTION, 2 * SECTION - 1, 2 * SECTION, 1 << 30] {
            assert!(metadata.entry(frame(number)).is_none(), "{number}");
        }
    }

    #[test]
    fn an_entry_says_who_has_the_frame() {
        let metadata = metadata(&[true]);
        let entry = metadata.entry(frame(7)).unwrap();
        let mut before = Owner::Free;
        for owner in Owner::ALL {
            assert_eq!(entry.exchange_owner(owner), before);
            assert_eq!(Owner::ALL[owner.number()], owner);
            before = owner;
        }
        assert_eq!(entry.block(), None);
        for order in [Some(0), Some(10), None] {
            entry.set_block(order);
            assert_eq!(entry.block(), order);
        }
    }

    #[test]
    fn the_directory_covers_all_memory_and_is_small() {
        assert_eq!(directory_bytes(48 << 20), 3 * 8);
        assert_eq!(directory_bytes((48 << 20) + 1), 4 * 8);
        assert_eq!(directory_bytes(512 << 30), 256 << 10);
        assert_eq!(size_of::<Entry>(), 8);
    }
}
