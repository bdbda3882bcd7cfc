//! The bytes in a pipe: buffers in a line, each with a part that is full.
//!
//! Bytes are added behind the last buffer's full part, or in a new buffer behind it, and taken from the first one. A buffer
//! that is empty again is kept for the next bytes: who writes little and often allocates nothing.
//!
//! Everything here happens under the pipe's lock, and touches no user memory.

use alloc::collections::VecDeque;

use super::buffer::{Buffer, NoBuffer, SIZE};

/// How many empty buffers are kept.
const SPARES: usize = 2;

/// A buffer of which a part is full.
struct Slot {
    buffer: Buffer,
    start: usize,
    end: usize,
}

/// Why bytes were not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no room for all of them.
    Full,
    /// There is no memory.
    NoMemory,
}

impl From<NoBuffer> for Refusal {
    fn from(NoBuffer: NoBuffer) -> Self {
        Self::NoMemory
    }
}

/// The bytes.
pub(crate) struct Ring {
    /// No slot is empty, and there is room for as many as there may be.
    slots: VecDeque<Slot>,
    /// How many slots there may be.
    most: usize,
    /// How many bytes are full.
    bytes: usize,
    spares: [Option<Buffer>; SPARES],
}

/// Room for a line of so many slots.
fn line(most: usize) -> Result<VecDeque<Slot>, Refusal> {
    let mut slots = VecDeque::new();
    slots.try_reserve_exact(most).map_err(|_| Refusal::NoMemory)?;
    Ok(slots)
}

/// Room for another number of slots, to be made with no lock held.
pub(crate) struct Line(VecDeque<Slot>, usize);

impl Line {
    /// For so many slots.
    pub(crate) fn new(most: usize) -> Result<Self, Refusal> {
        line(most).map(|slots| Self(slots, most))
    }
}

impl Ring {
    /// An empty ring of so many slots.
    pub(crate) fn new(most: usize) -> Result<Self, Refusal> {
        Ok(Self { slots: line(most)?, most, bytes: 0, spares: [const { None }; SPARES] })
    }

    /// How many bytes can be read.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many bytes it has buffers for.
    pub(crate) const fn capacity(&self) -> usize {
        self.most.saturating_mul(SIZE)
    }

    /// How many bytes fit behind the last one, in its buffer.
    fn room_in_last(&self) -> usize {
        self.slots.back().map_or(0, |last| SIZE.saturating_sub(last.end))
    }

    /// How many slots are free.
    fn free(&self) -> usize {
        self.most.saturating_sub(self.slots.len())
    }

    /// How long a write may be to fit.
    pub(crate) fn room(&self) -> usize {
        self.free().saturating_mul(SIZE).saturating_add(self.room_in_last())
    }

    /// An empty buffer, if one is kept.
    pub(crate) fn take_spare(&mut self) -> Option<Buffer> {
        self.spares.iter_mut().find_map(Option::take)
    }

    /// Keeps a buffer, or gives it back.
    fn keep(&mut self, buffer: Buffer) -> Option<Buffer> {
        match self.spares.iter_mut().find(|spare| spare.is_none()) {
            Some(place) => {
                *place = Some(buffer);
                None
            }
            None => Some(buffer),
        }
    }

    /// Adds bytes behind the last one, where there is room in its buffer for all.
    fn extend(&mut self, bytes: &[u8]) -> bool {
        let room = self.room_in_last();
        let Some(last) = self.slots.back_mut().filter(|_| bytes.len() <= room) else { return false };
        let end = last.end.saturating_add(bytes.len());
        last.buffer.part_mut(last.end, end).copy_from_slice(bytes);
        last.end = end;
        self.bytes = self.bytes.saturating_add(bytes.len());
        true
    }

    /// Adds a slot, of a buffer whose first bytes are full. There is room for it.
    fn link(&mut self, buffer: Buffer, end: usize) {
        self.slots.push_back(Slot { buffer, start: 0, end });
        self.bytes = self.bytes.saturating_add(end);
    }

    /// Adds all bytes, no more than a buffer's, or none.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.len() > self.room() {
            return Err(Refusal::Full);
        }
        let (first, rest) = bytes.split_at_checked(self.room_in_last()).unwrap_or((bytes, &[]));
        let fresh = match rest {
            [] => None,
            _ => Some(self.take_spare().map_or_else(Buffer::new, Ok)?),
        };
        self.extend(first);
        if let Some(mut buffer) = fresh {
            buffer.part_mut(0, rest.len()).copy_from_slice(rest);
            self.link(buffer, rest.len());
        }
        Ok(())
    }

    /// Adds the first `count` bytes of a buffer, by copying them where they fit behind others, or else with the buffer; gives an
    /// empty one for `more`, if one is at hand. All bytes or none: gives the buffer back where there is no room.
    pub(crate) fn put(&mut self, buffer: Buffer, count: usize, more: bool) -> Result<Option<Buffer>, Buffer> {
        if self.extend(buffer.part(0, count)) {
            return Ok(if more { Some(buffer) } else { self.keep(buffer) });
        }
        if self.free() == 0 {
            return Err(buffer);
        }
        self.link(buffer, count);
        Ok(if more { self.take_spare() } else { None })
    }

    /// Keeps a buffer that was not needed; gives it back where enough are kept.
    pub(crate) fn put_back(&mut self, buffer: Buffer) -> Option<Buffer> {
        self.keep(buffer)
    }

    /// The first bytes, as many as lie together; none where there are none.
    pub(crate) fn first(&self) -> &[u8] {
        self.slots.front().map_or(&[], |first| first.buffer.part(first.start, first.end))
    }

    /// Bytes that come after the first `skipped`, as many as lie together; none where there are none.
    pub(crate) fn at(&self, skipped: usize) -> &[u8] {
        let mut skipped = skipped;
        for slot in &self.slots {
            let count = slot.end.saturating_sub(slot.start);
            if skipped < count {
                return slot.buffer.part(slot.start.saturating_add(skipped), slot.end);
            }
            skipped = skipped.saturating_sub(count);
        }
        &[]
    }

    /// Takes out the first `count` bytes, which lie together; says whether a slot is free now that was not.
    pub(crate) fn consume(&mut self, count: usize) -> bool {
        let Some(first) = self.slots.front_mut() else { return false };
        let count = count.min(first.end.saturating_sub(first.start));
        first.start = first.start.saturating_add(count);
        let is_empty = first.start >= first.end;
        self.bytes = self.bytes.saturating_sub(count);
        if is_empty && let Some(empty) = self.slots.pop_front() {
            // Beyond those that are kept it goes back to the heap, a leaf.
            drop(self.keep(empty.buffer));
        }
        is_empty
    }

    /// Lets there be another number of slots; gives back what was there before, to be dropped with no lock held, or the new one where
    /// more are full.
    pub(crate) fn resize(&mut self, line: Line) -> Result<Line, Line> {
        let Line(mut slots, most) = line;
        if self.slots.len() > most {
            return Err(Line(slots, most));
        }
        // There is room for so many: nothing is allocated.
        slots.append(&mut self.slots);
        core::mem::swap(&mut slots, &mut self.slots);
        Ok(Line(slots, core::mem::replace(&mut self.most, most)))
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
