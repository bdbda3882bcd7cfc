//! What goes out over the wire, after what the settings do to newlines and tabs.
//!
//! The column is known, so that a tab can become spaces and be erased as such. Columns count as long as the output is processed at
//! all; bytes that are no control characters take one each, those that continue a UTF-8 character none.

use alloc::collections::{TryReserveError, VecDeque};

use crate::termios::{InputFlags, OutputFlags, Termios};

/// Most bytes that wait to go out.
pub(super) const CAPACITY: usize = 4096;
/// How many of them are for echo alone.
const FOR_ECHO: usize = 1024;
/// Columns from tab to tab.
const TAB: u32 = 8;
/// Most bytes that one becomes: a tab all spaces.
pub(super) const LONGEST: usize = 8;

/// Who writes, which decides how much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// A program, which can wait.
    Program,
    /// Echo, which is lost where there is no room.
    Echo,
}

/// What goes out.
#[derive(Debug)]
pub(super) struct Output {
    bytes: VecDeque<u8>,
    /// How many may still go, while the output is stopped.
    gate: Option<usize>,
    column: u32,
    /// The column in which the line that is being typed has begun.
    line_column: u32,
}

/// Whether a byte continues a character.
pub(super) const fn continues(byte: u8, settings: &Termios) -> bool {
    settings.input.contains(InputFlags::IUTF8) && byte & 0xc0 == 0x80
}

impl Output {
    /// Nothing.
    pub(super) fn try_new() -> Result<Self, TryReserveError> {
        let mut bytes = VecDeque::new();
        bytes.try_reserve_exact(CAPACITY)?;
        Ok(Self { bytes, gate: None, column: 0, line_column: 0 })
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How many bytes find room.
    pub(super) fn room(&self, writer: Writer) -> usize {
        let reserved = if writer == Writer::Program { FOR_ECHO } else { 0 };
        (CAPACITY - reserved).saturating_sub(self.bytes.len())
    }

    /// How many bytes may go out now.
    pub(super) fn sendable(&self) -> usize {
        self.gate.map_or(self.bytes.len(), |gate| gate.min(self.bytes.len()))
    }

    /// Takes bytes that go out.
    pub(super) fn transmit(&mut self, to: &mut [u8]) -> usize {
        let count = to.len().min(self.sendable());
        for (place, byte) in to.iter_mut().zip(self.bytes.drain(..count)) {
            *place = byte;
        }
        self.gate = self.gate.map(|gate| gate.saturating_sub(count));
        count
    }

    /// No more than this many of the bytes go out from now on.
    pub(super) fn close_gate(&mut self, after: usize) {
        self.gate = Some(self.gate.unwrap_or(usize::MAX).min(after));
    }

    /// All go out again.
    pub(super) fn open_gate(&mut self) {
        self.gate = None;
    }

    /// Throws away all but the first `left` bytes.
    pub(super) fn truncate(&mut self, left: usize) {
        self.bytes.truncate(left);
        self.gate = self.gate.map(|gate| gate.min(left));
    }

    /// The line that is being typed begins here.
    pub(super) const fn begin_line(&mut self) {
        self.line_column = self.column;
    }

    /// Where it has begun.
    pub(super) const fn line_column(&self) -> u32 {
        self.line_column
    }

    /// Puts a byte in past the settings, if there is room.
    pub(super) fn put_as_it_is(&mut self, byte: u8) {
        let _ = self.append(&[byte], Writer::Echo);
    }

    /// Puts a byte in as the settings say; false if there is no room.
    pub(super) fn put(&mut self, byte: u8, settings: &Termios, writer: Writer) -> bool {
        let flags = settings.output;
        if !flags.contains(OutputFlags::OPOST) {
            return self.append(&[byte], writer);
        }
        match byte {
            b'\n' => {
                if flags.contains(OutputFlags::ONLRET) {
                    self.column = 0;
                }
                let column = if flags.contains(OutputFlags::ONLCR) { 0 } else { self.column };
                let bytes: &[u8] = if flags.contains(OutputFlags::ONLCR) { b"\r\n" } else { b"\n" };
                self.append(bytes, writer) && self.stand_in(column)
            }
            b'\r' if flags.contains(OutputFlags::ONOCR) && self.column == 0 => true,
            b'\r' if flags.contains(OutputFlags::OCRNL) => {
                let returns = flags.contains(OutputFlags::ONLRET);
                self.append(b"\n", writer) && (!returns || self.stand_in(0))
            }
            b'\r' => self.append(b"\r", writer) && self.stand_in(0),
            b'\t' => {
                let spaces = TAB - self.column % TAB;
                let bytes: &[u8] = if flags.contains(OutputFlags::XTABS) {
                    b"        ".get(..spaces as usize).unwrap_or_default()
                } else {
                    b"\t"
                };
                let fits = self.append(bytes, writer);
                if fits {
                    self.column = self.column.wrapping_add(spaces);
                }
                fits
            }
            b'\x08' => {
                let fits = self.append(b"\x08", writer);
                if fits {
                    self.column = self.column.saturating_sub(1);
                }
                fits
            }
            control if control.is_ascii_control() => self.append(&[control], writer),
            plain => {
                let shown =
                    if flags.contains(OutputFlags::OLCUC) { plain.to_ascii_uppercase() } else { plain };
                let fits = self.append(&[shown], writer);
                if fits && !continues(plain, settings) {
                    // Only its remainder matters, and whether it is 0.
                    self.column = self.column.wrapping_add(1);
                }
                fits
            }
        }
    }

    /// The next byte is shown in this column, and so is what is typed next. Always true.
    const fn stand_in(&mut self, column: u32) -> bool {
        self.column = column;
        self.line_column = column;
        true
    }

    /// Adds all of these bytes or none.
    fn append(&mut self, bytes: &[u8], writer: Writer) -> bool {
        let fits = bytes.len() <= self.room(writer);
        if fits {
            self.bytes.extend(bytes);
        }
        fits
    }
}
