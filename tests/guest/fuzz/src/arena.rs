//! Memory that arguments point at.
//!
//! Sixteen pages for what a call is given, then a hole, two pages, two that must not be written, and another hole. Who wants room has
//! the next piece of the first sixteen; a call starts anywhere in them. Threads of one process share them, so what the kernel reads may
//! change while it reads.

use crate::entry;
use guest_random::Random;

/// Bytes of a page.
pub(crate) const PAGE: u64 = 4096;
/// Pages that calls are given room in.
const ROOM: u64 = 16;

/// Memory for arguments, by its address, and how much of it the present call has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arena {
    start: u64,
    used: u64,
}

impl Arena {
    /// New memory; none where the kernel has none.
    pub(crate) fn new() -> Option<Self> {
        let length = (ROOM + 6) * PAGE;
        let start = map(length, libc::MAP_PRIVATE)?;
        let call = |number, at, length, flags| entry::call(number, [at, length, flags, 0, 0, 0]);
        // The first hole is a page without rights: what is unmapped is where the next `mmap` goes.
        call(libc::SYS_mprotect.cast_unsigned(), start + ROOM * PAGE, PAGE, 0);
        call(libc::SYS_mprotect.cast_unsigned(), start + (ROOM + 3) * PAGE, 2 * PAGE, 1);
        call(libc::SYS_munmap.cast_unsigned(), start + (ROOM + 5) * PAGE, PAGE, 0);
        Some(Self { start, used: 0 })
    }

    /// Begins a call.
    pub(crate) fn begin(&mut self, random: &mut Random) {
        self.used = random.below(8) * PAGE + random.number(&[0, 0, 8, 2048, 4080, 4088, 4092]);
    }

    /// Room for so many bytes, in words; once in a while it ends where the hole begins.
    pub(crate) fn room(&mut self, random: &mut Random, bytes: u64) -> u64 {
        let size = bytes.min(ROOM * PAGE / 2).next_multiple_of(8);
        if random.once_in(12) {
            return self.start + ROOM * PAGE - size;
        }
        if self.used + size > ROOM * PAGE {
            self.used = 0;
        }
        let place = self.start + self.used;
        self.used += size;
        place
    }

    /// Writes a word, where it is memory that may be written.
    pub(crate) fn put(&self, place: u64, word: u64) {
        if place >= self.start && place + 8 <= self.start + ROOM * PAGE {
            // SAFETY: a word of the first pages, or the process ends, where another thread has unmapped them.
            unsafe { std::ptr::write_unaligned(place as *mut u64, word) };
        }
    }

    /// Reads an `int` back that the kernel has written.
    pub(crate) fn integer(&self, place: u64) -> i32 {
        if place < self.start || place + 4 > self.start + ROOM * PAGE {
            return -1;
        }
        // SAFETY: as above.
        unsafe { std::ptr::read_unaligned(place as *const i32) }
    }

    /// Writes bytes, as [`Self::put`] does.
    pub(crate) fn put_bytes(&self, place: u64, bytes: &[u8]) {
        if place >= self.start && place + bytes.len() as u64 <= self.start + ROOM * PAGE {
            // SAFETY: as above.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), place as *mut u8, bytes.len()) };
        }
    }

    /// An address of the arena that has something wrong: it is in a hole, or shortly before one, or must not be written.
    pub(crate) fn trap(&self, random: &mut Random) -> u64 {
        let page = random.number(&[ROOM, ROOM, ROOM + 3, ROOM + 3, ROOM + 5]);
        self.start + page * PAGE - random.number(&[0, 0, 1, 4, 7, 8, 16, 24, 100, 2000])
    }

    /// The address of one of its pages.
    pub(crate) fn page(&self, random: &mut Random) -> u64 {
        self.start + random.below(ROOM + 6) * PAGE
    }
}

/// New memory, for oneself or for whoever is forked.
pub(crate) fn map(length: u64, shared_or_not: libc::c_int) -> Option<u64> {
    map_at(0, length, shared_or_not)
}

/// New memory at a place, or wherever the kernel likes for 0.
pub(crate) fn map_at(place: u64, length: u64, shared_or_not: libc::c_int) -> Option<u64> {
    let flags = i64::from(shared_or_not | libc::MAP_ANONYMOUS).cast_unsigned();
    let start = entry::call(libc::SYS_mmap.cast_unsigned(), [place, length, 3, flags, u64::MAX, 0]);
    (start < u64::MAX - PAGE).then_some(start)
}
