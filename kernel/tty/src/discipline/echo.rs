//! What is shown of what comes in.

use super::Discipline;
use super::output::Writer;
use crate::termios::LocalFlags;

impl Discipline {
    /// Shows a byte that was typed: control characters as `^X`, if the settings say so. A tab is shown as it is.
    pub(super) fn show(&mut self, byte: u8) {
        if self.is_shown_in_two(byte) {
            self.show_as_it_is(b'^');
            self.show_as_it_is(byte ^ 0x40);
        } else {
            self.show_as_it_is(byte);
        }
    }

    /// Shows a byte as a program would have written it.
    pub(super) fn show_as_it_is(&mut self, byte: u8) {
        // Echo that finds no room is lost.
        let _ = self.output.put(byte, &self.settings, Writer::Echo);
    }

    /// Whether the byte is shown as `^X`.
    pub(super) const fn is_shown_in_two(&self, byte: u8) -> bool {
        self.settings.has(LocalFlags::ECHOCTL) && byte.is_ascii_control() && byte != b'\t'
    }

    /// Makes the last column empty, and goes there.
    pub(super) fn rub_out(&mut self) {
        for byte in *b"\x08 \x08" {
            self.show_as_it_is(byte);
        }
    }

    /// Ends the printing of what has been erased.
    pub(super) fn finish_erasing(&mut self) {
        if core::mem::take(&mut self.erasing) {
            self.show_as_it_is(b'/');
        }
    }
}
