//! A line before it is finished.

use super::Discipline;
use super::input::End;
use super::output::continues;
use crate::termios::{LocalFlags, Special};

/// Columns from tab to tab.
const TAB: u32 = 8;

/// How much is erased at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Much {
    Character,
    Word,
    Line,
}

impl Discipline {
    /// Does what the byte means to the line that is being typed, if it means anything; says whether it does.
    pub(super) fn edit(&mut self, byte: u8) -> bool {
        let extended = self.settings.has(LocalFlags::IEXTEN);
        let is = |special| self.settings.is(special, byte);
        if is(Special::Erase) {
            self.erase(Much::Character, byte);
        } else if is(Special::Kill) {
            self.kill(byte);
        } else if is(Special::WordErase) && extended {
            self.erase(Much::Word, byte);
        } else if is(Special::LiteralNext) && extended {
            self.quote();
        } else if is(Special::Reprint) && extended && self.settings.has(LocalFlags::ECHO) {
            self.reprint(byte);
        } else if byte == b'\n' {
            if self.settings.local.intersects(LocalFlags::ECHO | LocalFlags::ECHONL) {
                self.show_as_it_is(b'\n');
            }
            self.finish_line(b'\n', End::Line);
        } else if is(Special::EndOfFile) {
            self.finish_line(0, End::File);
        } else if is(Special::EndOfLine) || is(Special::EndOfLine2) && extended {
            if self.settings.has(LocalFlags::ECHO) {
                if self.input.is_line_empty() {
                    self.output.begin_line();
                }
                self.show(byte);
            }
            self.finish_line(byte, End::Line);
        } else {
            return false;
        }
        true
    }

    /// The next byte means nothing special. A caret stands in its place until it comes.
    fn quote(&mut self) {
        self.literal = true;
        if self.settings.has(LocalFlags::ECHO) {
            self.finish_erasing();
            if self.settings.has(LocalFlags::ECHOCTL) {
                self.show_as_it_is(b'^');
                self.show_as_it_is(b'\x08');
            }
        }
    }

    /// Shows the line once more.
    fn reprint(&mut self, byte: u8) {
        self.finish_erasing();
        self.show(byte);
        self.show_as_it_is(b'\n');
        let mut at = 0;
        while let Some(byte) = self.input.of_line(at) {
            self.show(byte);
            at += 1;
        }
    }

    /// Erases the line.
    fn kill(&mut self, byte: u8) {
        if self.input.is_line_empty() {
            return;
        }
        let vanishing = LocalFlags::ECHO | LocalFlags::ECHOK | LocalFlags::ECHOKE | LocalFlags::ECHOE;
        if self.settings.local.contains(vanishing) {
            self.erase(Much::Line, byte);
            return;
        }
        self.input.kill_line();
        if self.settings.has(LocalFlags::ECHO) {
            self.finish_erasing();
            self.show(byte);
            if self.settings.has(LocalFlags::ECHOK) {
                self.show_as_it_is(b'\n');
            }
        }
    }

    /// Erases from the end of the line, whole characters only.
    fn erase(&mut self, much: Much, byte: u8) {
        let mut in_word = false;
        while let Some((first, count)) = self.last_character() {
            if much == Much::Word {
                if is_of_word(first) {
                    in_word = true;
                } else if in_word {
                    break;
                }
            }
            if self.settings.has(LocalFlags::ECHO) {
                self.show_erased(first, count, much, byte);
            }
            self.input.shorten_line(count);
            if much == Much::Character {
                break;
            }
        }
        if self.input.is_line_empty() && self.settings.has(LocalFlags::ECHO) {
            self.finish_erasing();
        }
    }

    /// The first byte of the line's last character, and how many bytes that has. None if there is nothing, and if what is there is
    /// only the rest of a character.
    fn last_character(&self) -> Option<(u8, usize)> {
        self.input.line_backwards().zip(1..).find(|&(byte, _)| !continues(byte, &self.settings))
    }

    /// Shows that a character is about to be erased.
    fn show_erased(&mut self, first: u8, count: usize, much: Much, eraser: u8) {
        if self.settings.has(LocalFlags::ECHOPRT) {
            self.print_erased(first, count);
        } else if much == Much::Character && !self.settings.has(LocalFlags::ECHOE) {
            self.show(eraser);
        } else if first == b'\t' {
            for _ in 0..self.columns_of_last_tab(count) {
                self.show_as_it_is(b'\x08');
            }
        } else if first.is_ascii_control() {
            // Shown as two columns or not at all.
            if self.settings.has(LocalFlags::ECHOCTL) {
                self.rub_out();
                self.rub_out();
            }
        } else {
            self.rub_out();
        }
    }

    /// Prints what is erased, backwards and behind a backslash, as on paper.
    fn print_erased(&mut self, first: u8, count: usize) {
        if !core::mem::replace(&mut self.erasing, true) {
            self.show_as_it_is(b'\\');
        }
        self.show(first);
        for nth in (0..count.saturating_sub(1)).rev() {
            let byte = self.input.line_backwards().nth(nth);
            if let Some(byte) = byte {
                self.show_as_it_is(byte);
            }
        }
    }

    /// How many columns the tab takes that the last bytes of the line are, so many: counted from the tab before it, or from where
    /// the line has begun.
    fn columns_of_last_tab(&self, count: usize) -> u32 {
        let mut columns = 0_u32;
        let mut after_tab = false;
        for byte in self.input.line_backwards().skip(count) {
            if byte == b'\t' {
                after_tab = true;
                break;
            }
            columns += match byte {
                _ if self.is_shown_in_two(byte) => 2,
                _ if byte.is_ascii_control() || continues(byte, &self.settings) => 0,
                _ => 1,
            };
        }
        let begins = if after_tab { 0 } else { self.output.line_column() };
        TAB - columns.wrapping_add(begins) % TAB
    }
}

/// Whether the byte belongs to a word. The first byte of a character beyond ASCII does.
const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || (byte >= 0xc0 && byte != 0xd7 && byte != 0xf7)
}
