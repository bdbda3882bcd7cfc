//! The line discipline: what lies between the bytes of a wire and those of programs.
//!
//! Linux calls it `N_TTY`, and programs rely on what it does to the byte, so this does the same. It is a value and nothing else: no
//! lock, no device, no thread, nothing waits. Whoever owns it gives it bytes that have come in ([`Discipline::receive`]) and bytes
//! that a program writes ([`Discipline::write`]), takes out what programs read ([`Discipline::read`]) and what goes out over the
//! wire ([`Discipline::transmit`]), and acts upon the signals that it answers with. It sends none itself: it stands under a lock
//! that ranks far inside of processes.
//!
//! | file | what |
//! |---|---|
//! | `input` | what has come in and is not read yet, in lines or not |
//! | `edit` | a line before it is finished: erasing, killing, printing again |
//! | `output` | what goes out: newlines, tabs, the column |
//! | `sending` | who puts it there, who takes it from there, stopping it |
//! | `echo` | what is shown of what comes in |
//!
//! **Bounds.** `input::CAPACITY` bytes in, `output::CAPACITY` bytes out; both are allocated when the discipline is made, and never
//! again. A line that is longer loses its end, as in Linux. What a program writes leaves room for echo, and echo that finds none is
//! lost.

mod echo;
mod edit;
mod input;
#[cfg(test)]
mod model;
mod output;
#[cfg(test)]
mod recorded;
mod sending;
#[cfg(test)]
mod tests;

use alloc::collections::TryReserveError;
use core::mem;

use crate::signal::Signal;
use crate::termios::{InputFlags, LocalFlags, Special, Termios};

use input::{End, Input};
use output::Output;

/// What the bytes go out over, which matters where the output is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A device: nothing more is sent at once.
    Device,
    /// The other end of a pseudo-terminal: what has been sent has been sent, and can be read.
    Master,
}

/// Whether the output goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// It does.
    Runs,
    /// A character has stopped it, and another one starts it.
    Stopped,
    /// A program has stopped it, and a program starts it.
    StoppedByProgram,
}

/// A line discipline.
#[derive(Debug)]
pub struct Discipline {
    settings: Termios,
    wire: Wire,
    input: Input,
    output: Output,
    /// The next byte has no special meaning.
    literal: bool,
    /// Characters that have been erased are being printed.
    erasing: bool,
    flow: Flow,
}

impl Discipline {
    /// A discipline with these settings, nothing read and nothing written.
    ///
    /// # Errors
    ///
    /// When there is no memory for its bytes.
    pub fn try_new(settings: Termios, wire: Wire) -> Result<Self, TryReserveError> {
        Ok(Self {
            settings,
            wire,
            input: Input::try_new()?,
            output: Output::try_new()?,
            literal: false,
            erasing: false,
            flow: Flow::Runs,
        })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Termios {
        &self.settings
    }

    /// Changes the settings. What has been typed becomes a line if lines are asked for from now on, and plain bytes if not.
    pub fn set(&mut self, settings: Termios) {
        let before = mem::replace(&mut self.settings, settings);
        let lines = self.has_lines();
        if lines != before.local.contains(LocalFlags::ICANON) {
            if lines {
                self.input.begin_lines();
            } else {
                self.input.end_lines();
            }
            self.literal = false;
            self.erasing = false;
        }
        let stops = InputFlags::IXON;
        if before.input.contains(stops) && !self.settings.input.contains(stops) {
            self.start();
        }
    }

    /// Takes a byte that has come in over the wire; gives the signal that it sends to the group in the foreground.
    pub fn receive(&mut self, byte: u8) -> Option<Signal> {
        let byte = self.stripped(byte);
        if mem::take(&mut self.literal) {
            self.accept(byte, Self::show);
            return None;
        }
        if self.controls_flow(byte) {
            return None;
        }
        if let Some(signal) = self.signal(byte) {
            self.signalled(byte);
            return Some(signal);
        }
        if self.settings.input.contains(InputFlags::IXON | InputFlags::IXANY) {
            self.start();
        }
        let flags = self.settings.input;
        let typed = byte;
        let byte = match typed {
            b'\r' if flags.contains(InputFlags::IGNCR) => return None,
            b'\r' if flags.contains(InputFlags::ICRNL) => b'\n',
            b'\n' if flags.contains(InputFlags::INLCR) => b'\r',
            other => other,
        };
        if !(self.has_lines() && self.edit(byte)) {
            // Without lines a newline is a control character like others, unless it was a carriage return.
            let is_return = byte == b'\n' && typed == b'\r';
            self.accept(byte, if is_return { Self::show_as_it_is } else { Self::show });
        }
        None
    }

    /// How many bytes may come in now without one being lost. As many as you like into a line that is longer than there is room
    /// for: nobody can read before it ends.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.has_lines() && !self.input.has_line() {
            return usize::MAX;
        }
        let each = if self.settings.input.contains(InputFlags::PARMRK) { 2 } else { 1 };
        self.input.room() / each
    }

    /// Takes what a program reads: a line or a part of one, or what there is. Nothing if there is nothing; no byte of it where the
    /// file has been ended.
    pub fn read(&mut self, to: &mut [u8]) -> Option<usize> {
        if self.has_lines() { self.input.read_line(to) } else { self.input.read(to) }
    }

    /// Whether something can be read, and be it that nothing comes any more.
    #[must_use]
    pub fn has_input(&self) -> bool {
        if self.has_lines() { self.input.has_line() } else { self.input.len() > 0 }
    }

    /// How many bytes can be read. Of unfinished lines none can.
    #[must_use]
    pub fn readable(&self) -> usize {
        if self.has_lines() { self.input.readable() } else { self.input.len() }
    }

    /// Whether a read would find as much as it should wait for: who waits for many files asks for that.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        if self.has_lines() {
            return self.input.has_line();
        }
        let minimum = match self.settings.value(Special::Time) {
            0 => usize::from(self.settings.value(Special::Minimum)).max(1),
            _ => 1,
        };
        self.input.len() >= minimum
    }

    /// Throws away what has come in.
    pub fn flush_input(&mut self) {
        self.input.clear();
        self.literal = false;
        self.erasing = false;
    }

    /// Whether input is read by lines.
    #[must_use]
    pub const fn has_lines(&self) -> bool {
        self.settings.has(LocalFlags::ICANON)
    }

    /// The byte without what the settings take off.
    const fn stripped(&self, byte: u8) -> u8 {
        let flags = self.settings.input;
        let byte = if flags.contains(InputFlags::ISTRIP) { byte & 0x7f } else { byte };
        if flags.contains(InputFlags::IUCLC) && self.settings.has(LocalFlags::IEXTEN) {
            byte.to_ascii_lowercase()
        } else {
            byte
        }
    }

    /// Stops or starts the output if the byte does that; says whether it does.
    fn controls_flow(&mut self, byte: u8) -> bool {
        if !self.settings.input.contains(InputFlags::IXON) {
            return false;
        }
        if self.settings.is(Special::Start, byte) {
            self.start();
            return true;
        }
        if self.settings.is(Special::Stop, byte) {
            self.stop(Flow::Stopped);
            return true;
        }
        false
    }

    /// The signal that the byte sends.
    fn signal(&self, byte: u8) -> Option<Signal> {
        if !self.settings.has(LocalFlags::ISIG) {
            return None;
        }
        [
            (Special::Interrupt, Signal::Interrupt),
            (Special::Quit, Signal::Quit),
            (Special::Suspend, Signal::Suspend),
        ]
        .into_iter()
        .find_map(|(special, signal)| self.settings.is(special, byte).then_some(signal))
    }

    /// What happens here when a byte sends a signal: what was typed and what was not sent yet are thrown away, and the byte is shown.
    fn signalled(&mut self, byte: u8) {
        if !self.settings.has(LocalFlags::NOFLSH) {
            self.flush_input();
            self.flush_output();
        }
        if self.settings.input.contains(InputFlags::IXON) {
            self.start();
        }
        if self.settings.has(LocalFlags::ECHO) {
            self.show(byte);
        }
    }

    /// Takes a byte as it is, and shows it by `show`.
    fn accept(&mut self, byte: u8, show: fn(&mut Self, u8)) {
        let copies = if byte == 0xff && self.settings.input.contains(InputFlags::PARMRK) { 2 } else { 1 };
        if self.input.room() < copies {
            if self.settings.input.contains(InputFlags::IMAXBEL) {
                self.show_as_it_is(b'\x07');
            }
            return;
        }
        if self.settings.has(LocalFlags::ECHO) {
            self.finish_erasing();
            if self.input.is_line_empty() {
                self.output.begin_line();
            }
            show(self, byte);
        }
        for _ in 0..copies {
            self.input.push(byte);
        }
    }

    /// Ends the line with a byte.
    fn finish_line(&mut self, byte: u8, end: End) {
        self.input.finish_line(byte, end);
    }
}
