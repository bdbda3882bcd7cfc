//! Pages: frames of memory that several owners share, among them processes that write to them at any time.
//!
//! A [`Page`] is one of the references to its frame; the frame is free when the last one is dropped. The count stands in
//! the frame's entry of the table of all frames (`frames::metadata`), so that an entry of a page table, which has no room for
//! more than the frame's number, can own a reference too: `Page::into_frame` and back. Cloning and dropping acquires no
//! lock but the leaf of free frames, and is legal anywhere.
//!
//! Nobody has a page's bytes for himself: a process may have it mapped, another CPU may copy from it. So there is no
//! reference to them. What is read and written is copied, byte by byte as far as others can tell (`frames::bytes`); who
//! wants more holds a lock around it.

use core::fmt;
use core::mem;

use x86_64::structures::paging::PhysFrame;

use super::NoMemory;
use super::frames::{self, FRAME_BYTES, Frame, Owner, bytes, metadata};
use machine::direct_map::direct;

/// Bytes of a page.
pub const PAGE_SIZE: usize = FRAME_BYTES;

/// One reference to a frame of memory.
#[derive(PartialEq, Eq)]
pub struct Page {
    /// Has a reference for this value.
    frame: PhysFrame,
}

impl Page {
    /// The first reference to a frame.
    fn first(frame: &Frame) -> Self {
        let frame = frame.number();
        metadata::of(frame).references().begin();
        Self { frame }
    }

    /// A page of zeroes.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when memory is used up.
    pub fn zeroed() -> Result<Self, NoMemory> {
        frames::allocate_zeroed(Owner::User).map(|frame| Self::first(&frame)).ok_or(NoMemory)
    }

    /// A page with the bytes that this one has now.
    ///
    /// # Errors
    ///
    /// [`NoMemory`] when memory is used up.
    pub fn copied(&self) -> Result<Self, NoMemory> {
        let copy = frames::allocate_for(Owner::User).map(|frame| Self::first(&frame)).ok_or(NoMemory)?;
        // SAFETY: both frames are there as long as the values are, and are not one; everybody uses them as atomic bytes.
        unsafe { bytes::copy(self.start(), copy.start(), PAGE_SIZE) }
        Ok(copy)
    }

    /// Whether there are other references. One who has the only one, and a lock that keeps it from being cloned, may rely on
    /// that; else it is true of a moment that is over.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        metadata::of(self.frame).references().is_shared()
    }

    /// Whether there are this reference and one other, no more.
    pub(super) fn has_two_references(&self) -> bool {
        metadata::of(self.frame).references().are_two()
    }

    /// Its frame, which keeps its reference.
    pub(super) const fn frame(&self) -> PhysFrame {
        self.frame
    }

    /// Says that it is a page of a file, for whoever counts: it stays one until it is free.
    pub fn mark_as_cache(&self) {
        frames::hand_over(self.frame, Owner::PageCache);
    }

    /// The number of its frame: two pages with the same number are one. Whoever has the number does not have the page.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.frame.start_address().as_u64() / frames::FRAME_SIZE
    }

    /// Where its bytes are, through the direct map.
    fn start(&self) -> *mut u8 {
        direct(self.frame.start_address())
    }

    /// Where `count` bytes from `offset` on are.
    ///
    /// # Panics
    ///
    /// When they do not lie inside of the page.
    fn part(&self, offset: usize, count: usize) -> *mut u8 {
        let fits = offset.checked_add(count).is_some_and(|end| end <= PAGE_SIZE);
        assert!(fits, "{count} bytes from {offset} on lie outside of a page");
        self.start().wrapping_add(offset)
    }

    /// Copies bytes from `offset` on to `to`.
    ///
    /// # Panics
    ///
    /// When they do not lie inside of the page.
    pub fn read(&self, offset: usize, to: &mut [u8]) {
        let from = self.part(offset, to.len());
        // SAFETY: the bytes lie in the frame, which is there as long as this value is and used as atomic bytes by everybody;
        // `to` is the caller's alone, and so no part of a page.
        unsafe { bytes::copy(from, to.as_mut_ptr(), to.len()) }
    }

    /// Copies `from` to the bytes from `offset` on.
    ///
    /// # Panics
    ///
    /// When they do not lie inside of the page.
    pub fn write(&self, offset: usize, from: &[u8]) {
        let to = self.part(offset, from.len());
        // SAFETY: as in `read`; `from` is not written to while it is lent, and so no part of a page.
        unsafe { bytes::copy(from.as_ptr(), to, from.len()) }
    }

    /// Stores eight bytes at `offset`, which others see all or none of.
    ///
    /// # Panics
    ///
    /// When they do not lie inside of the page, or not at a multiple of eight.
    pub fn store(&self, offset: usize, word: u64) {
        assert!(offset.is_multiple_of(8), "a word lies at a multiple of its size");
        let to = self.part(offset, 8);
        // SAFETY: as in `read`; the page is aligned, and so is a word in it.
        unsafe { bytes::store(to, word) }
    }

    /// Zeroes `count` bytes from `offset` on.
    ///
    /// # Panics
    ///
    /// When they do not lie inside of the page.
    pub fn clear(&self, offset: usize, count: usize) {
        let to = self.part(offset, count);
        // SAFETY: as in `read`.
        unsafe { bytes::zero(to, count) }
    }

    /// Gives this reference to an entry of a page table, from which [`from_frame`](Self::from_frame) takes it back.
    #[must_use = "a reference that is not taken back keeps the frame for ever"]
    pub(crate) fn into_frame(self) -> PhysFrame {
        let frame = self.frame;
        mem::forget(self);
        frame
    }

    /// Takes back a reference.
    ///
    /// # Safety
    ///
    /// The frame came from [`into_frame`](Self::into_frame), whose reference is taken back once, by this call.
    pub(crate) const unsafe fn from_frame(frame: PhysFrame) -> Self {
        Self { frame }
    }

    /// Another reference, beside one that an entry of a page table has.
    ///
    /// # Safety
    ///
    /// The frame came from [`into_frame`](Self::into_frame), and its reference is not taken back before this returns.
    pub(crate) unsafe fn another(frame: PhysFrame) -> Self {
        metadata::of(frame).references().raise();
        Self { frame }
    }
}

impl Clone for Page {
    /// One more reference.
    fn clone(&self) -> Self {
        metadata::of(self.frame).references().raise();
        Self { frame: self.frame }
    }
}

impl Drop for Page {
    /// One reference less; the last one frees the frame. Legal anywhere.
    fn drop(&mut self) {
        if metadata::of(self.frame).references().lower() {
            // SAFETY: this was the last reference: the frame is in no page table that owns one, and nobody else has it.
            frames::free(unsafe { Frame::unmapped(self.frame) });
        }
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Page({:#x})", self.frame.start_address())
    }
}
