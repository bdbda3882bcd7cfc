//! What has come in and is not read yet.
//!
//! A queue of bytes, each of which may end a line. The first `finished` of them belong to lines that can be read; those behind are
//! the line that is being typed, the only ones that can be erased. Without lines the distinction means nothing.

use alloc::collections::{TryReserveError, VecDeque};

/// Most bytes there can be. The last place is for the end of a line.
pub(super) const CAPACITY: usize = 4096;

/// Whether a byte ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It does, and belongs to it.
    Line,
    /// It does, and is not read: the end of the file.
    File,
}

/// A byte that has come in.
#[derive(Clone, Copy, Debug)]
struct Typed {
    byte: u8,
    end: Option<End>,
}

/// What has come in.
#[derive(Debug)]
pub(super) struct Input {
    bytes: VecDeque<Typed>,
    /// How many of them, from the first on, are lines that have ended.
    finished: usize,
}

impl Input {
    /// Nothing.
    pub(super) fn try_new() -> Result<Self, TryReserveError> {
        let mut bytes = VecDeque::new();
        bytes.try_reserve_exact(CAPACITY)?;
        Ok(Self { bytes, finished: 0 })
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many of them can be read as lines.
    pub(super) fn readable(&self) -> usize {
        self.bytes.iter().take(self.finished).filter(|typed| typed.end != Some(End::File)).count()
    }

    /// Whether there is a line to be read.
    pub(super) const fn has_line(&self) -> bool {
        self.finished > 0
    }

    /// How many bytes find room besides the end of a line.
    pub(super) fn room(&self) -> usize {
        (CAPACITY - 1).saturating_sub(self.bytes.len())
    }

    /// Adds a byte, if there is room.
    pub(super) fn push(&mut self, byte: u8) {
        if self.room() > 0 {
            self.bytes.push_back(Typed { byte, end: None });
        }
    }

    /// Ends the line with a byte, if there is room.
    pub(super) fn finish_line(&mut self, byte: u8, end: End) {
        if self.bytes.len() < CAPACITY {
            self.bytes.push_back(Typed { byte, end: Some(end) });
            self.finished = self.bytes.len();
        }
    }

    /// Whether nothing of the unfinished line has been typed.
    pub(super) fn is_line_empty(&self) -> bool {
        self.bytes.len() == self.finished
    }

    /// The unfinished line, the last byte first.
    pub(super) fn line_backwards(&self) -> impl Iterator<Item = u8> {
        self.bytes.range(self.finished.min(self.bytes.len())..).rev().map(|typed| typed.byte)
    }

    /// A byte of the unfinished line, counted from its beginning.
    pub(super) fn of_line(&self, at: usize) -> Option<u8> {
        self.bytes.get(self.finished.checked_add(at)?).map(|typed| typed.byte)
    }

    /// Takes the last bytes of the unfinished line back.
    pub(super) fn shorten_line(&mut self, by: usize) {
        let left = self.bytes.len().saturating_sub(by).max(self.finished);
        self.bytes.truncate(left);
    }

    /// Takes the unfinished line back.
    pub(super) fn kill_line(&mut self) {
        self.bytes.truncate(self.finished);
    }

    /// Throws all away.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.finished = 0;
    }

    /// From now on there are lines; what has come in is one.
    pub(super) fn begin_lines(&mut self) {
        self.end_lines();
        if let Some(last) = self.bytes.back_mut() {
            last.end = Some(End::Line);
        }
        self.finished = self.bytes.len();
    }

    /// From now on there are none.
    pub(super) fn end_lines(&mut self) {
        self.bytes.iter_mut().for_each(|typed| typed.end = None);
        self.finished = 0;
    }

    /// Takes what has come in.
    pub(super) fn read(&mut self, to: &mut [u8]) -> Option<usize> {
        if self.bytes.is_empty() {
            return None;
        }
        let count = to.len().min(self.bytes.len());
        for (place, typed) in to.iter_mut().zip(self.bytes.drain(..count)) {
            *place = typed.byte;
        }
        Some(count)
    }

    /// Takes the first line, or as much of it as there is room for. An end of the file right behind what has been taken is taken with
    /// it: it has only made the line readable.
    pub(super) fn read_line(&mut self, to: &mut [u8]) -> Option<usize> {
        if !self.has_line() {
            return None;
        }
        let mut count = 0;
        while let Some(typed) = self.bytes.front().copied() {
            let full = count == to.len();
            if self.finished == 0 || full && (typed.end != Some(End::File) || count == 0) {
                break;
            }
            self.bytes.pop_front();
            self.finished -= 1;
            if typed.end == Some(End::File) {
                break;
            }
            if let Some(place) = to.get_mut(count) {
                *place = typed.byte;
            }
            count += 1;
            if typed.end.is_some() {
                break;
            }
        }
        Some(count)
    }
}
