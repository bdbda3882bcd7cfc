//! Slabs: frames cut into blocks of one class, behind the magazines.
//!
//! A slab is one frame, through the direct map (Bonwick, "The Slab Allocator", USENIX 1994, section 3.2, for small objects).
//! Those of a class that have free blocks are a list behind a leaf lock of the class; who is full is in no list. A slab whose
//! blocks are all free goes back to the frame allocator at once, so the heap is as large as what is in use, and what the
//! magazines keep.
//!
//! Nothing lies beside the blocks, so that four blocks of 1024 bytes fit. A slab is found from a block by its address; its
//! *head*, the first of its free blocks, is noted in the frame's entry (`frames::metadata`), none where it is full. Everything
//! else stands in the free blocks, two words each:
//!
//! | word | of a head | of another free block |
//! |---|---|---|
//! | 0 | address of the next slab of the list, and in the low bits how many blocks are free | nothing |
//! | 1 | address of the previous slab, and in the low bits the place of the next free block | the place alone |
//!
//! A place is an offset in a slab in units of [`ALIGN`], the smallest block's size. Addresses of slabs end in twelve zeroes,
//! which leaves room for both.

use core::ptr;

use super::magazines::ALIGN;

/// Bytes of a slab.
pub(super) const SLAB: usize = 4096;
/// Bits of a word that are no address of a slab.
const LOW: usize = SLAB - 1;

/// What is noted of a slab that is full.
const FULL: u16 = 0;

/// Where is noted which block of a slab is its head: one more than its place, or [`FULL`].
pub(super) trait Heads {
    /// What was noted last of a slab.
    fn head(&self, slab: *mut u8) -> u16;
    /// Notes it.
    fn set_head(&mut self, slab: *mut u8, head: u16);
}

/// The slab that a block is of.
fn slab_of(block: *mut u8) -> *mut u8 {
    block.map_addr(|address| address & !LOW)
}

/// The slab at an address; null at 0.
fn at(address: usize) -> *mut u8 {
    ptr::with_exposed_provenance_mut(address)
}

/// The place of a block.
fn place(block: *mut u8) -> usize {
    (block.addr() & LOW) / ALIGN
}

/// The block at a place of a slab.
fn block_at(slab: *mut u8, place: usize) -> *mut u8 {
    slab.wrapping_add(place * ALIGN)
}

/// What is noted where the block at a place is the head.
fn note_of(place: usize) -> u16 {
    u16::try_from(place + 1).expect("a slab has 256 places at most")
}

/// What the words of a head say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    next: *mut u8,
    previous: *mut u8,
    /// How many blocks of the slab are free, this one among them.
    free: usize,
    /// The place of the next free block, if there is one.
    then: usize,
}

#[allow(clippy::cast_ptr_alignment, reason = "every block is aligned to `ALIGN`")]
impl Head {
    /// Reads the head of a slab.
    ///
    /// # Safety
    ///
    /// `block` is a head, and the caller has its list to itself.
    unsafe fn read(block: *mut u8) -> Self {
        let words = block.cast::<[usize; 2]>();
        // SAFETY: a free block has two words, aligned to 16 bytes, which the caller has to itself and `write` has written.
        let [first, second] = unsafe { words.read() };
        Self { next: at(first & !LOW), previous: at(second & !LOW), free: first & LOW, then: second & LOW }
    }

    /// Writes it.
    ///
    /// # Safety
    ///
    /// `block` is a free block that the caller has to itself.
    unsafe fn write(self, block: *mut u8) {
        let words =
            [self.next.expose_provenance() | self.free, self.previous.expose_provenance() | self.then];
        // SAFETY: a free block has two words, aligned to 16 bytes, which the caller has to itself.
        unsafe { block.cast::<[usize; 2]>().write(words) }
    }
}

/// The slabs of one class that have free blocks.
#[derive(Debug)]
pub(super) struct Slabs<H> {
    first: *mut u8,
    heads: H,
}

// SAFETY: the slabs are the list's own, whichever thread has it.
unsafe impl<H: Send> Send for Slabs<H> {}

impl<H: Heads> Slabs<H> {
    pub(super) const fn new(heads: H) -> Self {
        Self { first: ptr::null_mut(), heads }
    }

    /// The head block of a slab; none where it is full.
    fn head(&self, slab: *mut u8) -> Option<*mut u8> {
        let place = usize::from(self.heads.head(slab)).checked_sub(1)?;
        Some(block_at(slab, place))
    }

    /// Changes the head of a slab of the list; nothing where there is no slab.
    fn change(&mut self, slab: *mut u8, change: impl FnOnce(&mut Head)) {
        if slab.is_null() {
            return;
        }
        if let Some(block) = self.head(slab) {
            // SAFETY: a slab of the list has a head, and the list is this value's.
            unsafe {
                let mut head = Head::read(block);
                change(&mut head);
                head.write(block);
            }
        }
    }

    /// Makes a free block the head of its slab, and the slab the first of the list.
    ///
    /// # Safety
    ///
    /// The slab is in no list and has `free` free blocks, `block` and from the one at `then` on, all of them the caller's.
    unsafe fn link(&mut self, block: *mut u8, free: usize, then: usize) {
        let slab = slab_of(block);
        let next = self.first;
        self.change(next, |head| head.previous = slab);
        // SAFETY: the block is free and the caller's.
        unsafe { Head { next, previous: ptr::null_mut(), free, then }.write(block) }
        self.heads.set_head(slab, note_of(place(block)));
        self.first = slab;
    }

    /// Takes a slab out of the list, whose head says what is given.
    fn unlink(&mut self, slab: *mut u8, head: Head) {
        self.change(head.next, |next| next.previous = head.previous);
        if head.previous.is_null() {
            self.first = head.next;
        } else {
            self.change(head.previous, |previous| previous.next = head.next);
        }
        self.heads.set_head(slab, FULL);
    }

    /// Takes free blocks into the beginning of `blocks`, as many as there are and fit; gives how many.
    pub(super) fn take(&mut self, blocks: &mut [*mut u8]) -> usize {
        let mut taken = 0;
        while taken < blocks.len() && !self.first.is_null() {
            let slab = self.first;
            let Some(mut block) = self.head(slab) else { break };
            // SAFETY: a slab of the list has a head, and the list is this value's.
            let mut head = unsafe { Head::read(block) };
            loop {
                blocks[taken] = block;
                taken += 1;
                head.free -= 1;
                if head.free == 0 {
                    self.unlink(slab, head);
                    break;
                }
                block = block_at(slab, head.then);
                // SAFETY: the free blocks of a slab name one another, and the list is this value's. What the first word
                // holds of one that is no head means nothing.
                head.then = unsafe { Head::read(block) }.then;
                if taken == blocks.len() {
                    // SAFETY: the block is free.
                    unsafe { head.write(block) }
                    self.heads.set_head(slab, note_of(place(block)));
                    break;
                }
            }
        }
        taken
    }

    /// Takes a block back. Gives its slab, for the caller, where all of its blocks are free now.
    ///
    /// # Safety
    ///
    /// The block came from [`take`](Self::take) or [`add`](Self::add) of this value, which are of classes of `capacity`
    /// blocks, two at least, and nobody uses it any more.
    #[must_use]
    pub(super) unsafe fn give_back(&mut self, block: *mut u8, capacity: usize) -> Option<*mut u8> {
        let slab = slab_of(block);
        let Some(old) = self.head(slab) else {
            // SAFETY: a full slab is in no list; this block is its first free one.
            unsafe { self.link(block, 1, 0) }
            return None;
        };
        // SAFETY: a slab with a head is in the list, which is this value's.
        let head = unsafe { Head::read(old) };
        if head.free + 1 == capacity {
            self.unlink(slab, head);
            return Some(slab);
        }
        // SAFETY: the block is free from now on; the old head goes on to name the one after it.
        unsafe { Head { free: head.free + 1, then: place(old), ..head }.write(block) }
        self.heads.set_head(slab, note_of(place(block)));
        None
    }

    /// Adds a slab of blocks of `size` bytes, of which the first ones go into `blocks`; gives how many.
    ///
    /// # Safety
    ///
    /// The slab is the caller's, all of it, aligned to its size. It stays the list's until [`give_back`](Self::give_back)
    /// gives it. All slabs of this value have blocks of one size, a class's.
    pub(super) unsafe fn add(&mut self, slab: *mut u8, size: usize, blocks: &mut [*mut u8]) -> usize {
        let capacity = SLAB / size;
        let taken = capacity.min(blocks.len());
        for (number, block) in blocks[..taken].iter_mut().enumerate() {
            *block = slab.wrapping_add(number * size);
        }
        if taken == capacity {
            self.heads.set_head(slab, FULL);
            return taken;
        }
        for number in taken + 1..capacity {
            // The last one names one that is not there; nobody asks it.
            let then = (number + 1) * size / ALIGN;
            let head = Head { next: ptr::null_mut(), previous: ptr::null_mut(), free: 0, then };
            // SAFETY: the block lies in the slab, which is the caller's.
            unsafe { head.write(slab.wrapping_add(number * size)) }
        }
        let head = slab.wrapping_add(taken * size);
        // SAFETY: the slab is in no list, and its blocks from `taken` on name one another.
        unsafe { self.link(head, capacity - taken, (taken + 1) * size / ALIGN) }
        taken
    }
}

#[cfg(test)]
mod tests;
