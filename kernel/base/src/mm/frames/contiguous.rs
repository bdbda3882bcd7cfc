//! Runs of neighbouring frames: for devices, which know no page tables, and for large blocks of the heap.

use x86_64::PhysAddr;
use x86_64::structures::paging::PhysFrame;

use super::metadata::Owner;
use super::{FRAME_SIZE, WORDS, cache, with_frames};
use machine::direct_map::direct;

/// Neighbouring frames that belong to whoever has this value.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "frames that are dropped are lost; give them back with `free_contiguous`"]
pub struct ContiguousFrames {
    first: PhysFrame,
    count: usize,
}

impl ContiguousFrames {
    /// How many frames there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Where they are in physical memory, as a device is told. Whoever has the address does not have the frames.
    #[must_use]
    pub fn start(&self) -> PhysAddr {
        self.first.start_address()
    }

    /// Their content, as words.
    pub fn words(&mut self) -> &mut [u64] {
        // SAFETY: whoever has the value owns the frames, which the direct map covers side by side; any bytes are words.
        unsafe { core::slice::from_raw_parts_mut(direct(self.first.start_address()), self.count * WORDS) }
    }
}

/// `count` neighbouring frames, with whatever was in them, that begin at a multiple of `alignment` bytes of physical memory.
/// `None` when memory is used up, or in pieces that are too small, or when the alignment is no power of two.
///
/// Up to 4 MiB are found wherever they are free; more are found in memory that was never used.
#[must_use]
pub fn allocate_contiguous(count: usize, alignment: u64) -> Option<ContiguousFrames> {
    let first = allocate_run(u64::try_from(count).ok()?, alignment, Owner::Kernel)?;
    Some(ContiguousFrames { first, count })
}

/// Gives neighbouring frames back.
#[allow(clippy::needless_pass_by_value, reason = "giving frames back ends the giver's claim to them")]
pub fn free_contiguous(frames: ContiguousFrames) {
    let ContiguousFrames { first, count } = frames;
    free_run(first, count as u64);
}

/// The first of `count` neighbouring frames for an owner, aligned to so many bytes.
pub(in crate::mm) fn allocate_run(count: u64, alignment: u64, owner: Owner) -> Option<PhysFrame> {
    if count == 0 || !alignment.is_power_of_two() {
        return None;
    }
    let frames = alignment.div_ceil(FRAME_SIZE);
    let first = with_frames(|free| free.allocate_run(count, frames, owner.purpose()))?;
    cache::hand_over(first, count, owner);
    Some(first)
}

/// Gives neighbouring frames back, which the caller has.
pub(in crate::mm) fn free_run(first: PhysFrame, count: u64) {
    cache::hand_over(first, count, Owner::Free);
    with_frames(|free| free.give_back_run(first, count));
}
