//! What a pipe keeps bytes in: blocks of one size, which are allocated when they are needed and used again.

use alloc::boxed::Box;
use base::mm::fallible::try_zeroed;

use super::LONGEST_WHOLE_WRITE;

/// Bytes of a buffer.
pub(crate) const SIZE: usize = LONGEST_WHOLE_WRITE;

/// There is no memory for one more buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoBuffer;

/// A block of bytes.
#[derive(Debug)]
pub(crate) struct Buffer(Box<[u8; SIZE]>);

impl Buffer {
    /// A new one. Legal anywhere: the heap is a leaf.
    pub(crate) fn new() -> Result<Self, NoBuffer> {
        let bytes = try_zeroed(SIZE).map_err(|_| NoBuffer)?;
        // As long as it is; the block stays where it is.
        bytes.into_boxed_slice().try_into().map(Self).map_err(|_| NoBuffer)
    }

    /// The bytes from `start` up to `end`; none where there are none.
    pub(crate) fn part(&self, start: usize, end: usize) -> &[u8] {
        self.0.get(start..end).unwrap_or_default()
    }

    /// The same, to be written to.
    pub(crate) fn part_mut(&mut self, start: usize, end: usize) -> &mut [u8] {
        self.0.get_mut(start..end).unwrap_or_default()
    }
}
